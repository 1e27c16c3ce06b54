-- Claims a requested slice.
-- KEYS   1 the run requests
-- ARGV   1 id of the request
-- Result `<ms at which it expires>:<job>`, nil if another process has claimed it or it has expired
-- Cost   O(1)
-- Atomic because exactly one process must run it.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local asked = redis.call('HGET', KEYS[1], ARGV[1])
if not asked then
  return false
end
redis.call('HDEL', KEYS[1], ARGV[1])
local due = tonumber(string.match(asked, '^(%d+):')) or 0
return due > now and asked
