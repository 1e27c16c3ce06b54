-- Gives a claimed partition back with the cursor where it was, unless another worker has moved or claimed it meanwhile.
-- KEYS   1 the state of the partition
-- ARGV   1 version that was claimed, 2 name of the claim, '' for none, 3 maximum items to request next time, 4 failures at
--        this place, 5 ms before the next attempt, 6 why, '' where nothing has failed
-- Result 1 when it is given back, 0 when the place is another worker's by now
-- Cost   O(1)
-- Atomic because a failure must not be noted against a place that is done, or that another is at.
-- Fails   the claim stays until it ends by itself; where HSET fails after HDEL, the place is free, and nothing is noted.
local state = redis.call('HMGET', KEYS[1], 'version', 'holder')
if (state[1] or '0') ~= ARGV[1] or (state[2] or '') ~= ARGV[2] then
  return 0
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HDEL', KEYS[1], 'claimed', 'holder', 'heldUntil')
redis.call(
  'HSET', KEYS[1], 'limit', ARGV[3], 'failures', ARGV[4], 'pausedUntil', string.format('%.0f', now + ARGV[5]), 'error',
  ARGV[6]
)
return 1
