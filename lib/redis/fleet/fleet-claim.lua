-- Takes a slice that somebody has asked for.
-- KEYS   1 what is asked for
-- ARGV   1 its id
-- Result `<ms until which it may be run>:<which job>`, nil where another has taken it or it has expired
-- Cost   O(1)
-- Atomic because exactly one process may run it.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local asked = redis.call('HGET', KEYS[1], ARGV[1])
if not asked then
  return false
end
redis.call('HDEL', KEYS[1], ARGV[1])
local due = tonumber(string.match(asked, '^(%d+):')) or 0
return due > now and asked
