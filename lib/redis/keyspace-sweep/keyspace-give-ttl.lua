-- Gives a time to live to keys that have none.
-- KEYS   the keys
-- ARGV   1 '1' to count only, then for each key its time to live in ms
-- Result keys that had none
-- Cost   O(n) for n keys
-- Atomic because a time to live that is set between the read and the write would be overwritten.
local count = 0
for i = 1, #KEYS do
  if redis.call('PTTL', KEYS[i]) == -1 then
    count = count + 1
    if ARGV[1] ~= '1' then
      redis.call('PEXPIRE', KEYS[i], ARGV[i + 1])
    end
  end
end
return count
