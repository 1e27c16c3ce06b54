-- Counts the members that are not overdue.
-- KEYS   1 the members of a partition by due time
-- Result the count
-- Cost   O(log m) for m members in the partition
-- Atomic as any script is; it is one for the server's clock.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return redis.call('ZCOUNT', KEYS[1], string.format('(%.0f', now), '+inf')
