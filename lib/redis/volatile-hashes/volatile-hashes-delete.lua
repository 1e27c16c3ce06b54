-- Deletes fields of one hash.
-- KEYS   1 the hash, 2 its due times, 3 the index of its partition
-- ARGV   1 name of the hash, then the fields
-- Result fields deleted that were not overdue
-- Cost   O(n log m) for n fields and m fields with a due time in that hash
-- Atomic because a due time without its field would be work for nothing.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local due = redis.call('ZMSCORE', KEYS[2], unpack(ARGV, 2))
local overdue = {}
for i = 1, #due do
  if due[i] and tonumber(due[i]) <= now then
    overdue[#overdue + 1] = ARGV[i + 1]
  end
end
if #overdue > 0 then
  redis.call('HDEL', KEYS[1], unpack(overdue))
end
local live = redis.call('HDEL', KEYS[1], unpack(ARGV, 2))
if redis.call('ZREM', KEYS[2], unpack(ARGV, 2)) > 0 then
  local first = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
  if first[1] then
    redis.call('ZADD', KEYS[3], first[2], ARGV[1])
  else
    redis.call('ZREM', KEYS[3], ARGV[1])
  end
end
return live
