-- Reads the time to live of a field.
-- KEYS   1 the hash, 2 its due times
-- ARGV   1 the field
-- Result ms left, -1 for a field without a due time, -2 for one that is missing or overdue
-- Cost   O(1)
-- Atomic because field and due time have to be of the same moment.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
  return -2
end
local due = redis.call('ZSCORE', KEYS[2], ARGV[1])
if not due then
  return -1
end
local left = tonumber(due) - now
return left > 0 and left or -2
