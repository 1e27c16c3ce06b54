-- Claims entries of a group that have been pending too long. Those that have used up their deliveries go to the
-- dead-letter stream, those that are deleted are acknowledged, the others are returned, each counted as delivered once more.
-- KEYS   1 the stream, 2 its dead-letter stream
-- ARGV   1 group, 2 consumer, 3 ms that an entry has to be idle, 4 id to begin at, 5 entries at most, 6 most deliveries
-- Result id to go on at, 1 when more is waiting, entries buried, entries deleted, then entries: id, deliveries, fields
-- Cost   O(n) for n entries, though XAUTOCLAIM reads up to 10 n
-- Atomic because an entry that is buried and not acknowledged would be buried again.
local most = tonumber(ARGV[6])

local function bury(id, deliveries, fields)
  local letter = {}
  -- More could not be handed to XADD; the entry itself stays in the stream.
  if #fields <= 7000 then
    letter = fields
  end
  for _, text in ipairs({
    'dead-letter.id', id,
    'dead-letter.group', ARGV[1],
    'dead-letter.deliveries', deliveries,
    'dead-letter.reason', 'nobody has reported how its last delivery ended: the worker died or gave up',
  }) do
    letter[#letter + 1] = text
  end
  redis.call('XADD', KEYS[2], '*', unpack(letter))
  redis.call('XACK', KEYS[1], ARGV[1], id)
end

-- What cannot be done has to be noticed before anything is claimed. No entry has this id.
redis.call('XLEN', KEYS[2])
redis.call('XACK', KEYS[1], ARGV[1], '0-0')
local claimed =
  redis.call('XAUTOCLAIM', KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], 'COUNT', ARGV[5], 'JUSTID')
local ids = claimed[2]
local entries = {}
local buried = 0
-- Redis 7 has acknowledged them itself, 6.2 leaves that to us.
local deleted = claimed[3] and #claimed[3] or 0
local left = {}
for i = 1, #ids do
  local id = ids[i]
  local entry = redis.call('XRANGE', KEYS[1], id, id)[1]
  if not entry then
    deleted = deleted + redis.call('XACK', KEYS[1], ARGV[1], id)
  else
    local deliveries = redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1)[1][4]
    if deliveries >= most then
      bury(id, deliveries, entry[2])
      buried = buried + 1
    else
      left[#left + 1] = { id, deliveries, entry[2] }
    end
  end
end
-- After all burials: where one is refused no delivery has been counted that the caller never heard of.
local isAlone = false
local held
for _, each in ipairs(left) do
  local id, deliveries, fields = each[1], each[2], each[3]
  local isLast = deliveries + 1 == most
  if isAlone or (isLast and #entries > 0) then
    -- The last delivery of an entry is its own: no other's crash can bury it. As idle as before, for the next slice.
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, id, 'IDLE', ARGV[3], 'RETRYCOUNT', deliveries, 'JUSTID')
    held = held or id
  else
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, id, 'RETRYCOUNT', deliveries + 1, 'JUSTID')
    entries[#entries + 1] = { id, deliveries + 1, fields }
    isAlone = isLast
  end
end
local isMore = held or #ids >= tonumber(ARGV[5])
return { held or claimed[1], isMore and 1 or 0, buried, deleted, unpack(entries) }
