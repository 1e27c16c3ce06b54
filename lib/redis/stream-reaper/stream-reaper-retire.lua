-- Deletes those of some consumers of a group that own nothing.
-- KEYS   1 the stream
-- ARGV   1 group, then the consumers
-- Result consumers deleted
-- Cost   O(n log m) for n consumers and m in the group
-- Atomic because what a consumer is given meanwhile would be deleted with it.
local retired = 0
for i = 2, #ARGV do
  if #redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[i]) == 0 then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[i])
    retired = retired + 1
  end
end
return retired
