-- Moves an entry whose last delivery has failed to the dead-letter stream.
-- KEYS   1 the stream, 2 its dead-letter stream
-- ARGV   1 group, 2 id, 3 which delivery has failed, 4 reason
-- Result 1 when it has been moved, 0 when it is pending no more or has been delivered to another meanwhile
-- Cost   O(log n) for n pending entries
-- Atomic because an entry that is buried and not acknowledged would be buried again.
local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[2], ARGV[2], 1)[1]
if not pending or pending[4] ~= tonumber(ARGV[3]) then
  return 0
end
local entry = redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2])[1]
local letter = {}
-- More could not be handed to XADD; the entry itself stays in the stream.
if entry and #entry[2] <= 7000 then
  letter = entry[2]
end
for _, text in ipairs({
  'dead-letter.id', ARGV[2],
  'dead-letter.group', ARGV[1],
  'dead-letter.deliveries', ARGV[3],
  'dead-letter.reason', ARGV[4],
}) do
  letter[#letter + 1] = text
end
-- Where this is refused no letter has been written yet, that would be written again. No entry has this id.
redis.call('XACK', KEYS[1], ARGV[1], '0-0')
redis.call('XADD', KEYS[2], '*', unpack(letter))
return redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
