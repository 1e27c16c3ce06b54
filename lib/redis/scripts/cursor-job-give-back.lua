-- Gives a claimed partition back with the cursor where it was, unless another worker has moved it meanwhile.
-- KEYS   1 the state of the partition
-- ARGV   1 version that was claimed, 2 name of the claim, 3 items to ask for next time at most, 4 failures at this
--        place, 5 ms before the next attempt, 6 why
-- Result 1 when it is given back, 0 when another worker was faster
-- Cost   O(1)
-- Atomic because a failure must not be noted against a place that is done.
local state = redis.call('HMGET', KEYS[1], 'version', 'holder')
if (state[1] or '0') ~= ARGV[1] then
  return 0
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local pausedUntil = string.format('%.0f', now + ARGV[5])
redis.call('HSET', KEYS[1], 'limit', ARGV[3], 'failures', ARGV[4], 'pausedUntil', pausedUntil, 'error', ARGV[6])
if state[2] == ARGV[2] then
  redis.call('HSET', KEYS[1], 'claimed', 0)
end
return 1
