-- Replaces texts that are still what they were; their times to live stay.
-- KEYS   the keys
-- ARGV   for each key its old and its new value
-- Result keys replaced
-- Cost   O(n) for n bytes
-- Atomic because a value that is written between the look and the write would be lost.
local count = 0
for i = 1, #KEYS do
  -- A key that is of another type now answers with an error, which is not the old value.
  if redis.pcall('GET', KEYS[i]) == ARGV[2 * i - 1] then
    redis.call('SET', KEYS[i], ARGV[2 * i], 'KEEPTTL')
    count = count + 1
  end
end
return count
