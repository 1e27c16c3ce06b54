-- Removes an entry, or lets it expire now, and revokes the lease of its recompute.
-- KEYS   1 the entry, 2 the lease
-- ARGV   1 '1' to serve the old value for as long past its expiry as it was stored with, '' to remove it
-- Result 1 when there was an entry, 0 when there was none
-- Cost   O(1); the server frees a large value in the background
-- Atomic because a recompute that began before must not store its value afterwards.
redis.call('DEL', KEYS[2])
local stale = ARGV[1] == '1' and tonumber(redis.call('HGET', KEYS[1], 'stale') or 0) or 0
if stale <= 0 then
  return redis.call('UNLINK', KEYS[1])
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- An entry that has expired already keeps its end.
if tonumber(redis.call('HGET', KEYS[1], 'expiry')) > now then
  redis.call('HSET', KEYS[1], 'expiry', string.format('%.0f', now))
  redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', now + stale))
end
return 1
