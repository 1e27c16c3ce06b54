-- Tells where the sweep stands, if the set is still the one that it has filled.
-- KEYS   1 the set, 2 the sweep
-- Result version, server time in ms, start of the last complete sweep in ms or nil, cursor or nil at a sweep's start, and
--        the mark of the set, '' where set and sweep do not know each other: either is new, or was lost
-- Cost   O(1)
-- Atomic because a cursor belongs to its version, and both to the set.
-- Fails   nothing is written.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local mark = redis.call('HGET', KEYS[1], '')
local sweep = redis.call('HMGET', KEYS[2], 'version', 'swept', 'cursor', 'mark')
if not mark or mark ~= sweep[4] then
  return { sweep[1] or '0', now, false, false, '' }
end
return { sweep[1] or '0', now, sweep[2], sweep[3], mark }
