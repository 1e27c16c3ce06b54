-- Deletes consumers of a group that have been idle too long and own nothing.
-- KEYS   1 the stream
-- ARGV   1 group, 2 ms that a consumer has to be idle, 3 how many at most
-- Result consumers deleted
-- Cost   O(n) for n consumers of the group
-- Atomic because what a consumer is given meanwhile would be deleted with it.
local left = tonumber(ARGV[3])
local retired = 0
for _, info in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local consumer = {}
  for i = 1, #info, 2 do
    consumer[info[i]] = info[i + 1]
  end
  if retired < left and consumer.pending == 0 and consumer.idle >= tonumber(ARGV[2]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], consumer.name)
    retired = retired + 1
  end
end
return retired
