-- Moves the cursor past items that are done, unless another worker has moved it meanwhile.
-- KEYS   1 the state of the partition, named `<base>state:<p>`, 2 its items set aside. At the end of the partition the
--        states of at most 200 others are read until one is found that is not at its end.
-- ARGV   1 version that was claimed, 2 how many partitions there are, 3 next cursor, '' at the end, 4 items done, 5 items
--        changed, 6 maximum items to request next time, '' for the usual number, then a record for each item set aside
-- Result 0 when another worker was faster, 1 when the cursor is moved and more is left in any partition, or may be where
--        there are more than are read, 2 when it is moved and all partitions are at their end
-- Cost   O(n) for n items set aside; at the end of a partition O(p) for p partitions too, 200 at most
-- Atomic because a cursor that two workers move would skip what one of them has not done.
-- Fails   the cursor stays, and its items are done again; where HSET fails after RPUSH, an item is listed twice as dead.
local state = redis.call('HMGET', KEYS[1], 'version', 'done', 'changed', 'sweeps', 'dead', 'markAt', 'markDone')
if (state[1] or '0') ~= ARGV[1] then
  return 0
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function int(number)
  return string.format('%.0f', number)
end

local done = (state[2] or 0) + ARGV[4]
local set = {
  'version', int(ARGV[1] + 1), 'cursor', ARGV[3], 'done', int(done), 'changed', int((state[3] or 0) + ARGV[5]),
  'dead', int((state[5] or 0) + #ARGV - 6), 'limit', ARGV[6], 'failures', 0, 'error', '', 'pausedUntil', 0
}
local function put(name, value)
  set[#set + 1] = name
  set[#set + 1] = value
end
local isMore = 1
if ARGV[3] == '' then
  put('ended', int(now))
  put('sweeps', int((state[4] or 0) + 1))
  local others = ARGV[2] - 1
  local read = math.min(200, others)
  isMore = read < others and 1 or 2
  local base, own = string.match(KEYS[1], '^(.*:state:)(%d+)$')
  -- From the next one on: where many are at their end, those before it are likely to be.
  for i = 1, read do
    if redis.call('HEXISTS', base .. int((own + i) % ARGV[2]), 'ended') == 0 then
      isMore = 1
      break
    end
  end
end
-- The rate is measured over the last one to two half minutes.
if now - (state[6] or 0) >= 30000 then
  put('earlierAt', state[6] or int(now))
  put('earlierDone', state[7] or int(done))
  put('markAt', int(now))
  put('markDone', int(done))
end
-- First what takes no memory: a script that has begun so may go on though the server is full. Everything else depends on
-- one command.
redis.call('HDEL', KEYS[1], 'claimed', 'holder', 'heldUntil')
if #ARGV > 6 then
  redis.call('RPUSH', KEYS[2], unpack(ARGV, 7))
end
redis.call('HSET', KEYS[1], unpack(set))
return isMore
