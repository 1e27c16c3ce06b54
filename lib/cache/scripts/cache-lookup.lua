-- Reads an entry and, if it is missing or due for a recompute, tries to acquire the lease for that.
-- KEYS   1 the entry, 2 the lease
-- ARGV   1 how early before its expiry the entry is due, in recompute times, 2 ms to be added to that,
--        3 a unique ID for the lease, 4 time to live of the lease in ms,
--        5 the id of an entry that counts as missing, or ''
-- Result the lease (1 granted, 0 not needed, -1 held by another), and if there is an entry: kind, value, id, ms to its
--        expiry (below 0: past it), recompute time in ms
-- Cost   O(1), and copying the value
-- Atomic because exactly one of the callers that find an entry due must get the lease, and it must be for the entry
--        that was read.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local entry = redis.call('HMGET', KEYS[1], 'kind', 'value', 'id', 'expiry', 'delta')
local isWhole = entry[1] and entry[2] and entry[3] and entry[4] and entry[5]
local isThere = isWhole and entry[3] ~= ARGV[5]
local left = 0
if isThere then
  left = entry[4] - now
  if entry[5] * ARGV[1] + ARGV[2] < left then
    return { 0, entry[1], entry[2], entry[3], left, math.ceil(entry[5]) }
  end
end
local holder = redis.call('GET', KEYS[2])
local granted = -1
-- A rest after a failure keeps an old value from being recomputed, not a missing one.
if not holder or (holder == 'rest' and not isThere) then
  granted = 1
  local reply = redis.pcall('SET', KEYS[2], ARGV[3], 'PX', ARGV[4])
  if reply.err then
    -- A server that is out of memory still returns the entry.
    if not isThere then
      return reply
    end
    granted = -1
  end
end
if isThere then
  return { granted, entry[1], entry[2], entry[3], left, math.ceil(entry[5]) }
end
return { granted }
