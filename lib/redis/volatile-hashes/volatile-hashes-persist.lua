-- Takes a field's due time away, so that it stays.
-- KEYS   1 the hash, 2 its due times, 3 the index of its partition
-- ARGV   1 name of the hash, 2 the field
-- Result 1 when the field is there and stays, 0 when it is missing or overdue
-- Cost   O(log m) for m fields with a due time in that hash
-- Atomic because a field that falls due meanwhile must not be brought back.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if redis.call('HEXISTS', KEYS[1], ARGV[2]) == 0 then
  return 0
end
local due = redis.call('ZSCORE', KEYS[2], ARGV[2])
if not due then
  return 1
end
if tonumber(due) <= now then
  return 0
end
redis.call('ZREM', KEYS[2], ARGV[2])
local first = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
if first[1] then
  redis.call('ZADD', KEYS[3], first[2], ARGV[1])
else
  redis.call('ZREM', KEYS[3], ARGV[1])
end
return 1
