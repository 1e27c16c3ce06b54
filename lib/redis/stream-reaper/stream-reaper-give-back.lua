-- Gives entries back whose delivery does not count: their handlers have not really been tried.
-- KEYS   1 the stream
-- ARGV   1 group, 2 consumer, 3 ms for which they are idle from now on, then for each its id, the deliveries that it has,
--        and those that it is set to
-- Result entries given back: those that are still this consumer's, with as many deliveries
-- Cost   O(n log m) for n entries and m pending ones
-- Atomic because an entry that has been delivered to another meanwhile is that one's.
-- Fails   the entries count as delivered, and stay pending.
local count = 0
for i = 4, #ARGV, 3 do
  local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1)[1]
  if pending and pending[2] == ARGV[2] and pending[4] == tonumber(ARGV[i + 1]) then
    redis.call(
      'XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'IDLE', ARGV[3], 'RETRYCOUNT', ARGV[i + 2], 'JUSTID'
    )
    count = count + 1
  end
end
return count
