-- Replaces strings that still have the value that they had; their times to live stay.
-- KEYS   the keys
-- ARGV   for each key its old and its new value
-- Result keys replaced
-- Cost   O(n) for n bytes
-- Atomic because a value that is written between the read and the write would be lost.
-- Fails   the keys before the one that fails are replaced, the others are not.
local count = 0
for i = 1, #KEYS do
  local old, new = ARGV[2 * i - 1], ARGV[2 * i]
  local value = redis.pcall('GET', KEYS[i])
  if type(value) == 'table' and not string.find(value.err, 'WRONGTYPE', 1, true) then
    -- An error other than another type of the key: raised, it says where.
    redis.call('GET', KEYS[i])
  end
  if value == old then
    if #new <= #old then
      -- Changes nothing, but is a write that takes no memory: a script that has begun so may go on though the server is
      -- full. Without it, in Redis 6.0 or where it is not allowed, all is well while the server is not.
      redis.pcall('GETEX', KEYS[i])
    end
    redis.call('SET', KEYS[i], new, 'KEEPTTL')
    count = count + 1
  end
end
return count
