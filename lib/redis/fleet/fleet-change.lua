-- Changes the orders, if they are still the revision that the caller has checked.
-- KEYS   1 the orders, 2 the audit list
-- ARGV   1 the revision that was checked, 2 the field, 3 its value, empty to remove it, 4 the line for the audit list,
--        5 the channel, 6 maximum of fields, 7 maximum of lines of the audit list
-- Result the new revision and the time in ms, nil if another process has changed the orders meanwhile
-- Cost   O(1)
-- Atomic because two changes that each keep the sum of rates at 1 may exceed it together.
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local seen = tonumber(string.match(redis.call('HGET', KEYS[1], 'revision') or '', '^%d+$') or 0)
if seen > 9007199254740991 then
  seen = 0
end
if seen ~= tonumber(ARGV[1]) then
  return false
end
if ARGV[3] ~= '' and redis.call('HLEN', KEYS[1]) > tonumber(ARGV[6])
  and redis.call('HEXISTS', KEYS[1], ARGV[2]) == 0 then
  return redis.error_reply('ERR ' .. ARGV[6] .. ' orders are in force already; reset or resume some')
end
-- First: no change may be missing from the audit list.
redis.call('LPUSH', KEYS[2], now .. ':' .. ARGV[4])
redis.call('LTRIM', KEYS[2], 0, ARGV[7] - 1)
if ARGV[3] == '' then
  redis.call('HDEL', KEYS[1], ARGV[2])
else
  redis.call('HSET', KEYS[1], ARGV[2], now .. ':' .. ARGV[3])
end
-- The time in microseconds, so that revisions grow even when a failover or a restart has lost the last one.
local revision = string.format('%.0f', math.max(seen + 1, time[1] * 1000000 + time[2]))
redis.call('HSET', KEYS[1], 'revision', revision)
-- Without the right to publish, the other processes see the change at their next poll.
redis.pcall('PUBLISH', ARGV[5], revision)
return { revision, now }
