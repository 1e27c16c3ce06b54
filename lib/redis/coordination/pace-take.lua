-- Admits a slice if enough time has passed since the last one: the generic cell rate algorithm without a burst.
-- KEYS   1 the state
-- ARGV   1 slices a second
-- Result 0 when it is admitted, otherwise ms before which the caller should not ask again
-- Cost   O(1)
-- Atomic because two callers between reading and writing would both be admitted.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval = 1000000 / ARGV[1]
local state = redis.call('HMGET', KEYS[1], 'next', 'since', 'asks', 'spread')
-- Values later than possible are from a slower pace, or from before the clock was set back.
local next = math.min(tonumber(state[1]) or 0, now + interval)
local since = math.min(tonumber(state[2]) or now, now)
local asks = (tonumber(state[3]) or 0) + 1
local spread = tonumber(state[4]) or 1
-- The wait grows with the number of processes, so that about three requests come for each slice. A process waits one and a
-- half times the `spread` intervals that it is told on average, so n processes need a spread of n / 4.5.
local window = math.max(1000000, 10 * interval)
local elapsed = math.max(0, now - since)
local due = 3 * elapsed / interval
-- If many more requests come than are due, they come all at once, as after a deployment: each is from another process.
local crowd = asks > 2 * due and asks / 4.5 or 1
if elapsed >= window then
  -- The result of one window is averaged with the previous value; after a long time without requests it counts fully.
  local change = math.min(2, math.max(0.5 ^ (elapsed / window), asks / due))
  spread = math.min(1000000, math.max(1, crowd, spread * change))
  since = now
  asks = 0
end
local wait = 0
if now < next then
  wait = math.max(1, math.ceil(math.max(next - now, math.min(interval * math.max(spread, crowd), 600000000)) / 1000))
else
  next = now + interval
end
redis.call('HSET', KEYS[1], 'next', string.format('%.0f', next), 'since', string.format('%.0f', since), 'asks', asks, 'spread', string.format('%.3f', spread))
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', math.ceil((window + interval) / 1000) + 1200000))
return wait
