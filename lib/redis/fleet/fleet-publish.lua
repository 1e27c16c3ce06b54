-- Publishes the heartbeat, jobs and errors of a process, and removes expired processes.
-- KEYS   1 expiry of each process, 2 the heartbeats, 3 the jobs of each process, 4 the latest error of each job,
--        5 the orders
-- ARGV   1 id of the process, 2 ms until it expires, 3 its heartbeat, 4 version of its jobs, 5 its jobs, empty if they
--        have not changed, 6 n, then n pairs of a job and `<ms>:<its latest error>`, then pairs of a job and the ms of
--        an error that was published before
-- Result processes alive, revision of the orders, 1 if the jobs of the process are missing, then, of the pairs at the
--        end, the jobs whose error was lost (neither it nor a later one is there)
-- Cost   O(log n) for n processes, and O(log n) for each of at most 50 that are removed; O(1) for each error
-- Atomic because a process must not be removed between the writes of its heartbeat and of its jobs.
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
-- Job ids may be created at run time, so the errors of at most 1,000 jobs are kept. The oldest of ten drawn at random makes
-- room, which approximates the oldest of all; from a hash that is too large, all older ones of the ten are removed.
local function makesRoom(at)
  local tooMany = redis.call('HLEN', KEYS[4]) - 999
  if tooMany <= 0 then
    return true
  end
  -- Fails without the right to run HRANDFIELD; then no error makes room.
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
-- The keys of a fleet that has ended expire.
for i = 1, 3 do
  redis.call('PEXPIRE', KEYS[i], 600000)
end
local lacking = 1 - redis.call('HEXISTS', KEYS[3], ARGV[1])
local reply = { redis.call('ZCARD', KEYS[1]), redis.call('HGET', KEYS[5], 'revision') or '', lacking }
-- In a full hash a missing error has made room for a later one, and would again.
local isFull = redis.call('HLEN', KEYS[4]) >= 1000
for i = last + 1, #ARGV, 2 do
  if not isFull and timeOf(redis.call('HGET', KEYS[4], ARGV[i])) < tonumber(ARGV[i + 1]) then
    reply[#reply + 1] = ARGV[i]
  end
end
return reply
