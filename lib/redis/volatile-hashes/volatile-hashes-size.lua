-- Counts the fields of one hash that are not overdue.
-- KEYS   1 the hash, 2 its due times
-- Result the count; 0 at least, though somebody deletes the hash and leaves its due times
-- Cost   O(log m) for m fields with a due time in that hash
-- Atomic because both counts have to be of the same moment.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return math.max(0, redis.call('HLEN', KEYS[1]) - redis.call('ZCOUNT', KEYS[2], '-inf', string.format('%.0f', now)))
