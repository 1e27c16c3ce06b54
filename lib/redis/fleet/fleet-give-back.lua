-- Gives back a slice that was taken and could not be run.
-- KEYS   1 what is asked for
-- ARGV   1 its id, 2 `<ms until which it may be run>:<which job>`
-- Result 1, 0 where it has expired
-- Cost   O(1)
-- Atomic because the key must expire, also when it was gone in between.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local left = tonumber(string.match(ARGV[2], '^(%d+):')) - now
if left <= 0 then
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], math.max(left, redis.call('PTTL', KEYS[1])))
return 1
