-- Ends a lease early.
-- KEYS   1 the holder
-- ARGV   1 the text with which it was acquired
-- Result 1 when it is ended, 0 when it had expired
-- Cost   O(1)
-- Atomic because between the look and the deletion the lease may expire and become another's.
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
