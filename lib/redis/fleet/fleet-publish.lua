-- Takes down what a process says of itself, and strikes off those that have gone silent.
-- KEYS   1 when each is due to be struck off, 2 what they say of themselves, 3 what they say of their jobs, 4 the latest
--        error of each job, 5 the orders
-- ARGV   1 id of the process, 2 ms until it is struck off, 3 what it says of itself, 4 number of its word on jobs, 5 its
--        word on jobs, empty where it is that of before, 6 n, then n pairs of a job and `<ms>:<its latest error>`, then
--        pairs of a job and the ms of an error that was told before
-- Result processes alive, revision of the orders, 1 where its word on jobs is not there, then of the pairs at the end the
--        jobs whose error is not there, nor a later one: it was lost
-- Cost   O(log n) for n processes, and O(log n) for each of at most 50 that are struck off; O(1) for each error
-- Atomic because a process must not be struck off between its word of itself and that on its jobs.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local silent = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now), 'LIMIT', 0, 50)
if #silent > 0 then
  redis.call('ZREM', KEYS[1], unpack(silent))
  redis.call('HDEL', KEYS[2], unpack(silent))
  redis.call('HDEL', KEYS[3], unpack(silent))
end
redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[2]), ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], string.format('%.0f:', now) .. ARGV[4] .. ':' .. ARGV[3])
if ARGV[5] ~= '' then
  redis.call('HSET', KEYS[3], ARGV[1], ARGV[5])
end
local function timeOf(stamped)
  return stamped and tonumber(string.match(stamped, '^(%d+):')) or 0
end
-- Ids of jobs may be made up at run time, so errors are kept of 1,000 jobs. Of ten drawn by chance the oldest makes room,
-- which finds an old one well enough; where the hash is too large, all that are older do, until it is not.
local function makesRoom(at)
  local tooMany = redis.call('HLEN', KEYS[4]) - 999
  if tooMany <= 0 then
    return true
  end
  -- A user that may not run it goes without.
  local drawn = redis.pcall('HRANDFIELD', KEYS[4], 10, 'WITHVALUES')
  local older = {}
  for i = 1, #drawn, 2 do
    if timeOf(drawn[i + 1]) < at then
      older[#older + 1] = { job = drawn[i], at = timeOf(drawn[i + 1]) }
    end
  end
  table.sort(older, function(a, b) return a.at < b.at end)
  for i = 1, math.min(tooMany, #older) do
    redis.call('HDEL', KEYS[4], older[i].job)
  end
  return #older > 0
end
local last = 6 + 2 * ARGV[6]
for i = 7, last, 2 do
  local known = redis.call('HGET', KEYS[4], ARGV[i])
  local at = timeOf(ARGV[i + 1])
  if timeOf(known) < at and (known or makesRoom(at)) then
    redis.call('HSET', KEYS[4], ARGV[i], ARGV[i + 1])
    redis.call('PEXPIRE', KEYS[4], 86400000)
  end
end
-- Nothing is left of a fleet that has ended.
for i = 1, 3 do
  redis.call('PEXPIRE', KEYS[i], 600000)
end
local lacking = 1 - redis.call('HEXISTS', KEYS[3], ARGV[1])
local reply = { redis.call('ZCARD', KEYS[1]), redis.call('HGET', KEYS[5], 'revision') or '', lacking }
-- Where all places are taken nothing is lost: it had to make room for a later one, and would again.
local isFull = redis.call('HLEN', KEYS[4]) >= 1000
for i = last + 1, #ARGV, 2 do
  if not isFull and timeOf(redis.call('HGET', KEYS[4], ARGV[i])) < tonumber(ARGV[i + 1]) then
    reply[#reply + 1] = ARGV[i]
  end
end
return reply
