-- Tells where the sweep stands.
-- KEYS   1 the sweep
-- Result version, server time in ms, start of the last complete sweep in ms or nil, cursor or nil at a sweep's start
-- Cost   O(1)
-- Atomic because a cursor belongs to its version.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local sweep = redis.call('HMGET', KEYS[1], 'version', 'swept', 'cursor')
return { sweep[1] or '0', now, sweep[2], sweep[3] }
