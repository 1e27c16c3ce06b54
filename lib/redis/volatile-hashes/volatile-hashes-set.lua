-- Sets fields of one hash, all with the same time to live or none.
-- KEYS   1 the hash, 2 its due times, 3 the index of its partition
-- ARGV   1 name of the hash, 2 time to live in ms or '' for none, then field, value, field, value …
-- Result fields that are new
-- Cost   O(n log m) for n fields set and m fields with a due time in that hash
-- Atomic because a field whose value is new and whose due time is old would be deleted by the next slice.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- Another type of value at either has to be noticed before a field is set: it would never fall due.
redis.call('ZCARD', KEYS[2])
redis.call('ZCARD', KEYS[3])
local due = {}
for i = 3, #ARGV, 2 do
  if ARGV[2] ~= '' then
    due[#due + 1] = string.format('%.0f', now + ARGV[2])
  end
  due[#due + 1] = ARGV[i]
end
if ARGV[2] ~= '' then
  redis.call('ZADD', KEYS[2], unpack(due))
else
  -- Changes nothing, but is refused by a server that is full, as nothing would be after a command that takes no memory.
  redis.call('ZADD', KEYS[2], 'XX', 'GT', '-inf', ARGV[3])
  redis.call('ZREM', KEYS[2], unpack(due))
end
local first = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
if first[1] then
  redis.call('ZADD', KEYS[3], first[2], ARGV[1])
else
  redis.call('ZREM', KEYS[3], ARGV[1])
end
-- Last: a field whose due time could not be noted would never fall due.
return redis.call('HSET', KEYS[1], unpack(ARGV, 3))
