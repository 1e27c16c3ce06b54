-- Returns a claimed slice that could not be run.
-- KEYS   1 the run requests
-- ARGV   1 id of the request, 2 `<ms at which it expires>:<job>`
-- Result 1, 0 if it has expired
-- Cost   O(1)
-- Atomic because the key must expire, even if it was deleted meanwhile.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local left = tonumber(string.match(ARGV[2], '^(%d+):')) - now
if left <= 0 then
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], math.max(left, redis.call('PTTL', KEYS[1])))
return 1
