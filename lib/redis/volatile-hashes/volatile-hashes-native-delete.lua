-- Deletes fields of one hash, on a server that expires fields by itself: HDEL would count expired ones too.
-- KEYS   1 the hash
-- ARGV   the fields
-- Result fields deleted that had not expired
-- Cost   O(n) for n fields
-- Atomic because a field may expire between the count and the deletion.
local live = 0
for i = 1, #ARGV do
  live = live + redis.call('HEXISTS', KEYS[1], ARGV[i])
end
redis.call('HDEL', KEYS[1], unpack(ARGV))
return live
