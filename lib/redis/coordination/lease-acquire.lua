-- Grants a lease, if it is free.
-- KEYS   1 the holder, 2 the last fencing token
-- ARGV   1 a unique string, 2 time to live in ms
-- Result the fencing token, nil when another process holds the lease
-- Cost   O(1)
-- Atomic because the later of two holders must have the larger token.
local last = tonumber(redis.call('GET', KEYS[2]) or 0)
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
  if redis.call('PTTL', KEYS[1]) == -1 then
    return redis.error_reply('ERR ' .. KEYS[1] .. ' is not a lease: it never expires. Delete it')
  end
  return false
end
-- The time in microseconds, so that tokens grow even if a failover or a restart has lost the last one.
local time = redis.call('TIME')
local token = math.max(last + 1, time[1] * 1000000 + time[2])
redis.call('SET', KEYS[2], string.format('%.0f', token))
return token
