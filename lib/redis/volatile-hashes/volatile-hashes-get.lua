-- Reads fields of one hash; one that is overdue reads as missing.
-- KEYS   1 the hash, 2 its due times
-- ARGV   the fields
-- Result the values, nil for what is missing
-- Cost   O(n) for n fields read
-- Atomic because value and due time have to be of the same moment.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local values = redis.call('HMGET', KEYS[1], unpack(ARGV))
local due = redis.call('ZMSCORE', KEYS[2], unpack(ARGV))
for i = 1, #ARGV do
  if due[i] and tonumber(due[i]) <= now then
    values[i] = false
  end
end
return values
