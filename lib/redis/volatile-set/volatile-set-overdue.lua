-- Reads for how long the longest overdue member of a partition has been overdue.
-- KEYS   1 the members of a partition by due time
-- Result ms, 0 when no member is overdue
-- Cost   O(log m) for m members in the partition
-- Atomic as any script is; it is one for the server's clock.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
return first[1] and math.max(0, now - tonumber(first[2])) or 0
