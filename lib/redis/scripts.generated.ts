// Made by scripts/embed-lua.mjs from scripts/*.lua: edit those and run "npm run generate".
export const LUA = {
  'volatile-hashes-delete': `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local live = 0
for i = 2, #ARGV do
  local due = redis.call('ZSCORE', KEYS[2], ARGV[i])
  local deleted = redis.call('HDEL', KEYS[1], ARGV[i])
  if deleted == 1 and not (due and tonumber(due) <= now) then
    live = live + 1
  end
end
if redis.call('ZREM', KEYS[2], unpack(ARGV, 2)) > 0 then
  local first = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
  if first[1] then
    redis.call('ZADD', KEYS[3], first[2], ARGV[1])
  else
    redis.call('ZREM', KEYS[3], ARGV[1])
  end
end
return live`,
  'volatile-hashes-get-all': `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local all = redis.call('HGETALL', KEYS[1])
local overdue = redis.call('ZRANGE', KEYS[2], '-inf', now, 'BYSCORE')
if #overdue == 0 then
  return all
end
local gone = {}
for i = 1, #overdue do
  gone[overdue[i]] = true
end
local live = {}
for i = 1, #all, 2 do
  if not gone[all[i]] then
    live[#live + 1] = all[i]
    live[#live + 1] = all[i + 1]
  end
end
return live`,
  'volatile-hashes-get': `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local values = redis.call('HMGET', KEYS[1], unpack(ARGV))
local due = redis.call('ZMSCORE', KEYS[2], unpack(ARGV))
for i = 1, #ARGV do
  if due[i] and tonumber(due[i]) <= now then
    values[i] = false
  end
end
return values`,
  'volatile-hashes-native-delete': `local live = 0
for i = 1, #ARGV do
  live = live + redis.call('HEXISTS', KEYS[1], ARGV[i])
end
redis.call('HDEL', KEYS[1], unpack(ARGV))
return live`,
  'volatile-hashes-native-persist': `return redis.call('HPERSIST', KEYS[1], 'FIELDS', 1, ARGV[1])[1] == -2 and 0 or 1`,
  'volatile-hashes-native-set': `local added = redis.call('HSET', KEYS[1], unpack(ARGV, 2))
if ARGV[1] ~= '' then
  local fields = {}
  for i = 2, #ARGV, 2 do
    fields[#fields + 1] = ARGV[i]
  end
  redis.call('HPEXPIRE', KEYS[1], ARGV[1], 'FIELDS', #fields, unpack(fields))
end
return added`,
  'volatile-hashes-native-size': `return #redis.call('HKEYS', KEYS[1])`,
  'volatile-hashes-persist': `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if redis.call('HEXISTS', KEYS[1], ARGV[2]) == 0 then
  return 0
end
local due = redis.call('ZSCORE', KEYS[2], ARGV[2])
if not due then
  return 1
end
if tonumber(due) <= now then
  return 0
end
redis.call('ZREM', KEYS[2], ARGV[2])
local first = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
if first[1] then
  redis.call('ZADD', KEYS[3], first[2], ARGV[1])
else
  redis.call('ZREM', KEYS[3], ARGV[1])
end
return 1`,
  'volatile-hashes-reap': `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local left = tonumber(ARGV[1])
local done = 0
for i = 1, #KEYS do
  local base = string.sub(KEYS[i], 1, -6)
  while left > 0 do
    local name = redis.call('ZRANGE', KEYS[i], '-inf', now, 'BYSCORE', 'LIMIT', 0, 1)[1]
    if not name then
      break
    end
    local due = base .. 'due:' .. name
    local fields = redis.call('ZRANGE', due, '-inf', now, 'BYSCORE', 'LIMIT', 0, left)
    if #fields > 0 then
      redis.call('HDEL', base .. 'hash:' .. name, unpack(fields))
      redis.call('ZREM', due, unpack(fields))
      done = done + #fields
    end
    left = left - math.max(1, #fields)
    local first = redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')
    if first[1] then
      redis.call('ZADD', KEYS[i], first[2], name)
    else
      redis.call('ZREM', KEYS[i], name)
    end
  end
end
return done`,
  'volatile-hashes-set': `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local added = redis.call('HSET', KEYS[1], unpack(ARGV, 3))
local due = {}
for i = 3, #ARGV, 2 do
  if ARGV[2] ~= '' then
    due[#due + 1] = now + ARGV[2]
  end
  due[#due + 1] = ARGV[i]
end
redis.call(ARGV[2] ~= '' and 'ZADD' or 'ZREM', KEYS[2], unpack(due))
local first = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
if first[1] then
  redis.call('ZADD', KEYS[3], first[2], ARGV[1])
else
  redis.call('ZREM', KEYS[3], ARGV[1])
end
return added`,
  'volatile-hashes-size': `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return redis.call('HLEN', KEYS[1]) - redis.call('ZCOUNT', KEYS[2], '-inf', now)`,
  'volatile-hashes-ttl': `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
  return -2
end
local due = redis.call('ZSCORE', KEYS[2], ARGV[1])
if not due then
  return -1
end
local left = tonumber(due) - now
return left > 0 and left or -2`,
};
