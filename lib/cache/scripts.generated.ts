// Made by scripts/embed-lua.mjs from the .lua files: edit those and run "npm run generate".
export const LUA = {
  'cache-drop': `redis.call('DEL', KEYS[2])
local stale = ARGV[1] == '1' and tonumber(redis.call('HGET', KEYS[1], 'stale') or 0) or 0
if stale <= 0 then
  return redis.call('UNLINK', KEYS[1])
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if tonumber(redis.call('HGET', KEYS[1], 'expiry')) > now then
  redis.call('HSET', KEYS[1], 'expiry', string.format('%.0f', now))
  redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', now + stale))
end
return 1`,
  'cache-lookup': `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local entry = redis.call('HMGET', KEYS[1], 'kind', 'value', 'id', 'expiry', 'delta')
local isWhole = entry[1] and entry[2] and entry[3] and entry[4] and entry[5]
local isThere = isWhole and entry[3] ~= ARGV[5]
local left = 0
if isThere then
  left = entry[4] - now
  if entry[5] * ARGV[1] + ARGV[2] < left then
    return { 0, entry[1], entry[2], entry[3], left, math.ceil(entry[5]) }
  end
end
local holder = redis.call('GET', KEYS[2])
local granted = -1
if not holder or (holder == 'rest' and not isThere) then
  granted = 1
  local reply = redis.pcall('SET', KEYS[2], ARGV[3], 'PX', ARGV[4])
  if reply.err then
    if not isThere then
      return reply
    end
    granted = -1
  end
end
if isThere then
  return { granted, entry[1], entry[2], entry[3], left, math.ceil(entry[5]) }
end
return { granted }`,
  'cache-release': `if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
if tonumber(ARGV[2]) > 0 then
  redis.call('SET', KEYS[1], 'rest', 'PX', ARGV[2])
else
  redis.call('DEL', KEYS[1])
end
return 1`,
  'cache-renew': `if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 0`,
  'cache-store': `local holder = redis.call('GET', KEYS[2])
if ARGV[1] ~= '' and holder ~= ARGV[1] then
  return 0
end
local ttl = tonumber(ARGV[6])
if ttl > 0 then
  local time = redis.call('TIME')
  local expiry = time[1] * 1000 + math.floor(time[2] / 1000) + ttl
  local delta = ARGV[5] ~= '' and ARGV[5] or redis.call('HGET', KEYS[1], 'delta') or 0
  local gone = string.format('%.0f', expiry + ARGV[7])
  redis.call('SET', KEYS[2], holder or '', 'XX', 'KEEPTTL')
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
return 1`,
};
