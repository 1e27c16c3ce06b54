-- Ends a lease early, or turns it into a rest.
-- KEYS   1 the lease
-- ARGV   1 its ID, 2 ms for which it is not granted again while there is a value, 0 for none
-- Result 1 if it is ended, 0 if it had expired
-- Cost   O(1)
-- Atomic because between check and deletion the lease may expire and be granted to another.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
if tonumber(ARGV[2]) > 0 then
  redis.call('SET', KEYS[1], 'rest', 'PX', ARGV[2])
else
  redis.call('DEL', KEYS[1])
end
return 1
