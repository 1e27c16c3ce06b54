-- Stores an entry and ends the lease: that of the writer, or whoever holds it when the writer needs none.
-- KEYS   1 the entry, 2 the lease
-- ARGV   1 the text with which the lease was granted, or '' for a writer without one, 2 id, 3 kind, 4 value,
--        5 recompute time in ms, or '' for that of the entry before, 6 time to live in ms, 0 for not at all,
--        7 ms past its expiry that it is still served
-- Result 1 when it is stored, 0 when the lease has expired or was taken away
-- Cost   O(1), and copying the value
-- Atomic because a value that was computed before a later one was stored, or before the entry was deleted, must not be
--        stored after that.
local holder = redis.call('GET', KEYS[2])
if ARGV[1] ~= '' and holder ~= ARGV[1] then
  return 0
end
local ttl = tonumber(ARGV[6])
if ttl > 0 then
  local time = redis.call('TIME')
  local expiry = time[1] * 1000 + math.floor(time[2] / 1000) + ttl
  local delta = ARGV[5] ~= '' and ARGV[5] or redis.call('HGET', KEYS[1], 'delta') or 0
  local gone = string.format('%.0f', expiry + ARGV[7])
  -- Changes nothing, but is refused by a server that is full, as nothing would be after a command that takes no memory.
  redis.call('SET', KEYS[2], holder or '', 'XX', 'KEEPTTL')
  -- Where this is refused nothing has been stored yet, that would stay for ever.
  redis.call('PEXPIREAT', KEYS[1], gone)
  redis.call(
    'HSET', KEYS[1], 'id', ARGV[2], 'kind', ARGV[3], 'value', ARGV[4], 'delta', delta,
    'expiry', string.format('%.0f', expiry), 'stale', ARGV[7]
  )
  redis.call('PEXPIREAT', KEYS[1], gone)
else
  redis.call('UNLINK', KEYS[1])
end
redis.call('DEL', KEYS[2])
return 1
