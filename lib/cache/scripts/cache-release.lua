-- Ends a lease early, or turns it into a rest.
-- KEYS   1 the lease
-- ARGV   1 the text with which it was granted, 2 ms for which nobody is granted it while there is a value, 0 for none
-- Result 1 when it is ended, 0 when it had expired
-- Cost   O(1)
-- Atomic because between the look and the deletion the lease may expire and become another's.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
if tonumber(ARGV[2]) > 0 then
  redis.call('SET', KEYS[1], 'rest', 'PX', ARGV[2])
else
  redis.call('DEL', KEYS[1])
end
return 1
