-- Stores an entry and ends the lease: the writer's own, or any other if the writer needs none.
-- KEYS   1 the entry, 2 the lease
-- ARGV   1 ID of the lease, or '' for a writer without one, 2 id, 3 kind, 4 value,
--        5 recompute time in ms, or '' for that of the previous entry, 6 time to live in ms, 0 for none,
--        7 ms past its expiry that it is still served
-- Result 1 if it is stored, 0 if the lease has expired or was revoked
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
  -- Changes nothing, but fails if the server is out of memory, which no command after one that needs no memory would do.
  redis.call('SET', KEYS[2], holder or '', 'XX', 'KEEPTTL')
  -- If this fails, nothing has been stored that would never expire.
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
