-- Requests one slice, which the first process that claims it runs.
-- KEYS   1 the orders, 2 the run requests, 3 the audit list
-- ARGV   1 id of the request, 2 the job, 3 ms until the request expires, 4 the line for the audit list, 5 the channel,
--        6 maximum of requests, 7 maximum of lines of the audit list
-- Result the new revision
-- Cost   O(n) for n requests
-- Atomic because the processes read the requests when they see the new revision.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local asked = redis.call('HGETALL', KEYS[2])
local waiting = 0
for i = 1, #asked, 2 do
  local due = tonumber(string.match(asked[i + 1], '^(%d+):')) or 0
  if due <= now then
    redis.call('HDEL', KEYS[2], asked[i])
  else
    waiting = waiting + 1
  end
end
if waiting >= tonumber(ARGV[6]) then
  return redis.error_reply('ERR ' .. waiting .. ' slices are requested already; wait until they have run or expired')
end
-- First: no request may be missing from the audit list.
redis.call('LPUSH', KEYS[3], string.format('%.0f:', now) .. ARGV[4])
redis.call('LTRIM', KEYS[3], 0, ARGV[7] - 1)
redis.call('HSET', KEYS[2], ARGV[1], string.format('%.0f:', now + ARGV[3]) .. ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
local seen = tonumber(string.match(redis.call('HGET', KEYS[1], 'revision') or '', '^%d+$') or 0)
if seen > 9007199254740991 then
  seen = 0
end
local revision = string.format('%.0f', math.max(seen + 1, time[1] * 1000000 + time[2]))
redis.call('HSET', KEYS[1], 'revision', revision)
redis.pcall('PUBLISH', ARGV[5], revision)
return revision
