-- Deletes overdue fields, the longest overdue of each partition first.
-- KEYS   the indexes of partitions, each named `<base>index`. The hashes that are due are only known by looking, so
--        their keys, `<base>hash:<name>` and `<base>due:<name>`, are not listed; they have the index's hash tag.
-- ARGV   1 fields to delete at most
-- Result fields deleted
-- Cost   O(n log m) for n fields deleted and m fields with a due time in their hashes
-- Atomic because a field that is set anew between the look and the deletion would be lost.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local left = tonumber(ARGV[1])
local done = 0
for i = 1, #KEYS do
  local base = string.sub(KEYS[i], 1, -6)
  while left > 0 do
    local name = redis.call('ZRANGE', KEYS[i], '-inf', now, 'BYSCORE', 'LIMIT', 0, 1)[1]
    if not name then
      break
    end
    local due = base .. 'due:' .. name
    local fields = redis.call('ZRANGE', due, '-inf', now, 'BYSCORE', 'LIMIT', 0, left)
    if #fields > 0 then
      redis.call('HDEL', base .. 'hash:' .. name, unpack(fields))
      redis.call('ZREM', due, unpack(fields))
      done = done + #fields
    end
    left = left - math.max(1, #fields)
    local first = redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')
    if first[1] then
      redis.call('ZADD', KEYS[i], first[2], name)
    else
      redis.call('ZREM', KEYS[i], name)
    end
  end
end
return done
