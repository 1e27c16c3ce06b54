// Made by scripts/embed-lua.mjs from the .lua files: edit those and run "npm run generate".
export const LUA = {
  'cursor-job-claim': `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local hold, limit, most = tonumber(ARGV[2]), tonumber(ARGV[4]), tonumber(ARGV[5])
local passDue = tonumber(ARGV[7])
local restarts = ARGV[3] == '1' and not passDue
local base = string.sub(KEYS[1], 1, -5)
local sweep = redis.call('HMGET', KEYS[1], 'partitions', 'most', 'passDue')

local function int(number)
  return string.format('%.0f', number)
end

local function void(key)
  redis.call(
    'HDEL', key, 'cursor', 'limit', 'failures', 'error', 'claimed', 'holder', 'heldUntil', 'pausedUntil', 'startedAt',
    'ended', 'partitions', 'earlierAt', 'earlierDone', 'markAt', 'markDone', 'done', 'changed'
  )
  redis.call('HINCRBY', key, 'version', 1)
end

local storedDue = tonumber(sweep[3] or '')
if passDue and storedDue ~= passDue then
  if storedDue and storedDue > passDue and ARGV[8] ~= '1' then
    return { 0, -1, 0, 0, 0 }
  end
  for p = 0, math.max(tonumber(sweep[2] or 0), tonumber(ARGV[6])) - 1 do
    void(base .. 'state:' .. p)
  end
  redis.call(
    'HSET', KEYS[1], 'partitions', ARGV[6], 'most', int(math.max(ARGV[6], tonumber(sweep[2] or 0))), 'passDue', ARGV[7]
  )
  sweep[1] = ARGV[6]
end

if sweep[1] and sweep[1] ~= ARGV[6] then
  local sweeps = math.huge
  for i = 1, sweep[1] do
    local key = base .. 'state:' .. int((now + i) % sweep[1])
    local state = redis.call('HMGET', key, 'ended', 'partitions', 'sweeps')
    if not state[1] or state[2] ~= sweep[1] then
      return { -1, tonumber(sweep[1]) }
    end
    sweeps = math.min(sweeps, tonumber(state[3] or 0))
  end
  if not restarts then
    return { 0, -1, 0, 0, 0 }
  end
  for p = 0, math.max(sweep[1], ARGV[6]) - 1 do
    void(base .. 'state:' .. p)
    redis.call('HSET', base .. 'state:' .. p, 'sweeps', sweeps)
  end
end

local soonest, isHeld, full, dead = -1, 0, 0, 0
for i = 2, #KEYS do
  local state = redis.call(
    'HMGET', KEYS[i], 'version', 'cursor', 'limit', 'failures', 'error', 'claimed', 'heldUntil', 'pausedUntil',
    'startedAt', 'ended', 'dead', 'partitions'
  )
  local isForeign = state[12] and state[12] ~= ARGV[6]
  if isForeign then
    state = { [11] = state[11] }
  end
  local due = tonumber(state[8] or 0)
  if state[10] then
    due = restarts and due or math.huge
  end
  local claimed = hold > 0 and tonumber(state[6] or 0) or 0
  local heldUntil = hold > 0 and tonumber(state[7] or 0) or 0
  if due <= now and heldUntil > now then
    isHeld = 1
    soonest = 0
  elseif due <= now and tonumber(state[11] or 0) >= most then
    full, dead = i - 1, tonumber(state[11])
  elseif due <= now then
    if isForeign then
      void(KEYS[i])
      state[1] = redis.call('HGET', KEYS[i], 'version')
    end
    local ask = math.min(limit, tonumber(state[3] or '') or limit)
    local failures = tonumber(state[4] or 0)
    local reason = state[5] or ''
    if claimed > 1 then
      ask = math.min(ask, math.floor(claimed / 2))
    elseif claimed == 1 then
      failures = failures + 1
      reason = 'A worker died over it, or overran its lease'
    end
    local set = { 'partitions', ARGV[6] }
    local function put(name, value)
      set[#set + 1] = name
      set[#set + 1] = value
    end
    if claimed > 0 then
      put('limit', ask)
      put('failures', failures)
      put('error', reason)
    end
    if not state[9] or state[10] then
      put('startedAt', int(now))
      put('done', 0)
      put('changed', 0)
      put('markAt', int(now))
      put('markDone', 0)
    end
    if hold > 0 then
      put('holder', ARGV[1])
      put('heldUntil', int(now + hold))
      put('claimed', ask)
    end
    redis.call('HDEL', KEYS[i], 'ended', 'holder')
    if not state[9] or state[10] then
      redis.call('HDEL', KEYS[i], 'earlierAt', 'earlierDone')
    end
    if sweep[1] ~= ARGV[6] then
      redis.call('HSET', KEYS[1], 'partitions', ARGV[6], 'most', int(math.max(ARGV[6], tonumber(sweep[2] or 0))))
    end
    redis.call('HSET', KEYS[i], unpack(set))
    return { i - 1, state[1] or '0', state[2] or '', ask, failures, reason, full, dead }
  elseif due < math.huge and (soonest < 0 or due - now < soonest) then
    soonest = due - now
  end
end
return { 0, soonest, isHeld, full, dead }`,
  'cursor-job-excuse': `local state = redis.call('HMGET', KEYS[1], 'version', 'holder')
if (state[1] or '0') ~= ARGV[1] or state[2] ~= ARGV[2] then
  return 0
end
return redis.call('HDEL', KEYS[1], 'claimed')`,
  'cursor-job-forget-dead': `local count = redis.call('LLEN', KEYS[2])
if redis.call('HEXISTS', KEYS[1], 'dead') == 1 then
  redis.call('HDEL', KEYS[1], 'dead')
end
redis.call('UNLINK', KEYS[2])
return count`,
  'cursor-job-give-back': `local state = redis.call('HMGET', KEYS[1], 'version', 'holder')
if (state[1] or '0') ~= ARGV[1] or (state[2] or '') ~= ARGV[2] then
  return 0
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HDEL', KEYS[1], 'claimed', 'holder', 'heldUntil')
redis.call(
  'HSET', KEYS[1], 'limit', ARGV[3], 'failures', ARGV[4], 'pausedUntil', string.format('%.0f', now + ARGV[5]), 'error',
  ARGV[6]
)
return 1`,
  'cursor-job-move': `local state = redis.call('HMGET', KEYS[1], 'version', 'done', 'changed', 'sweeps', 'dead', 'markAt', 'markDone')
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
  local base, own = string.match(KEYS[1], '^(.*:state:)(%d+)\$')
  for i = 1, read do
    if redis.call('HEXISTS', base .. int((own + i) % ARGV[2]), 'ended') == 0 then
      isMore = 1
      break
    end
  end
end
if now - (state[6] or 0) >= 30000 then
  put('earlierAt', state[6] or int(now))
  put('earlierDone', state[7] or int(done))
  put('markAt', int(now))
  put('markDone', int(done))
end
redis.call('HDEL', KEYS[1], 'claimed', 'holder', 'heldUntil')
if #ARGV > 6 then
  redis.call('RPUSH', KEYS[2], unpack(ARGV, 7))
end
redis.call('HSET', KEYS[1], unpack(set))
return isMore`,
  'cursor-job-reset': `local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local base = string.sub(KEYS[1], 1, -5)
local most = math.max(ARGV[1], redis.call('HGET', KEYS[1], 'most') or 0)
for p = 0, most - 1 do
  local key = base .. 'state:' .. p
  redis.call(
    'HDEL', key, 'cursor', 'limit', 'failures', 'error', 'claimed', 'holder', 'heldUntil', 'pausedUntil', 'startedAt',
    'ended', 'partitions', 'earlierAt', 'earlierDone', 'markAt', 'markDone', 'done', 'changed'
  )
  redis.call('HINCRBY', key, 'version', 1)
  if p < tonumber(ARGV[1]) then
    redis.call('HSET', key, 'startedAt', now, 'done', 0, 'changed', 0, 'markAt', now, 'markDone', 0, 'partitions', ARGV[1])
  end
end
redis.call('HSET', KEYS[1], 'partitions', ARGV[1], 'most', string.format('%.0f', most))`,
  'cursor-job-seek': `local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local pass = redis.call('HMGET', KEYS[1], 'partitions', 'most')
if pass[1] and pass[1] ~= ARGV[2] then
  return tonumber(pass[1])
end
local version = redis.call('HGET', KEYS[2], 'version') or 0
redis.call(
  'HDEL', KEYS[2], 'limit', 'failures', 'error', 'pausedUntil', 'holder', 'heldUntil', 'claimed', 'ended', 'earlierAt',
  'earlierDone'
)
redis.call(
  'HSET', KEYS[2], 'version', string.format('%.0f', version + 1), 'cursor', ARGV[1], 'partitions', ARGV[2], 'startedAt',
  now, 'done', 0, 'changed', 0, 'markAt', now, 'markDone', 0
)
redis.call('HSET', KEYS[1], 'partitions', ARGV[2], 'most', string.format('%.0f', math.max(ARGV[2], pass[2] or 0)))
return 0`,
  'fleet-change': `local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local seen = tonumber(string.match(redis.call('HGET', KEYS[1], 'revision') or '', '^%d+\$') or 0)
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
redis.call('LPUSH', KEYS[2], now .. ':' .. ARGV[4])
redis.call('LTRIM', KEYS[2], 0, ARGV[7] - 1)
if ARGV[3] == '' then
  redis.call('HDEL', KEYS[1], ARGV[2])
else
  redis.call('HSET', KEYS[1], ARGV[2], now .. ':' .. ARGV[3])
end
local revision = string.format('%.0f', math.max(seen + 1, time[1] * 1000000 + time[2]))
redis.call('HSET', KEYS[1], 'revision', revision)
redis.pcall('PUBLISH', ARGV[5], revision)
return { revision, now }`,
  'fleet-claim': `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local asked = redis.call('HGET', KEYS[1], ARGV[1])
if not asked then
  return false
end
redis.call('HDEL', KEYS[1], ARGV[1])
local due = tonumber(string.match(asked, '^(%d+):')) or 0
return due > now and asked`,
  'fleet-give-back': `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local left = tonumber(string.match(ARGV[2], '^(%d+):')) - now
if left <= 0 then
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], math.max(left, redis.call('PTTL', KEYS[1])))
return 1`,
  'fleet-publish': `local time = redis.call('TIME')
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
local function makesRoom(at)
  local tooMany = redis.call('HLEN', KEYS[4]) - 999
  if tooMany <= 0 then
    return true
  end
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
for i = 1, 3 do
  redis.call('PEXPIRE', KEYS[i], 600000)
end
local lacking = 1 - redis.call('HEXISTS', KEYS[3], ARGV[1])
local reply = { redis.call('ZCARD', KEYS[1]), redis.call('HGET', KEYS[5], 'revision') or '', lacking }
local isFull = redis.call('HLEN', KEYS[4]) >= 1000
for i = last + 1, #ARGV, 2 do
  if not isFull and timeOf(redis.call('HGET', KEYS[4], ARGV[i])) < tonumber(ARGV[i + 1]) then
    reply[#reply + 1] = ARGV[i]
  end
end
return reply`,
  'fleet-read': `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local page = redis.call('ZSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
local ids = {}
for i = 1, #page[2], 2 do
  if tonumber(page[2][i + 1]) > now then
    ids[#ids + 1] = page[2][i]
  end
end
local found = {}
for first = 1, #ids, 1000 do
  local last = math.min(#ids, first + 999)
  local heartbeats = redis.call('HMGET', KEYS[2], unpack(ids, first, last))
  for i = first, last do
    local heartbeat = heartbeats[i - first + 1]
    if heartbeat then
      found[#found + 1] = ids[i]
      found[#found + 1] = heartbeat
    end
  end
end
return { page[1], found }`,
  'fleet-restore': `local seen = tonumber(string.match(redis.call('HGET', KEYS[1], 'revision') or '', '^%d+\$') or 0)
if seen > 9007199254740991 then
  seen = 0
end
if seen >= tonumber(ARGV[1]) then
  return 0
end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'revision', ARGV[1], unpack(ARGV, 3))
redis.pcall('PUBLISH', ARGV[2], ARGV[1])
return 1`,
  'fleet-run-once': `local time = redis.call('TIME')
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
redis.call('LPUSH', KEYS[3], string.format('%.0f:', now) .. ARGV[4])
redis.call('LTRIM', KEYS[3], 0, ARGV[7] - 1)
redis.call('HSET', KEYS[2], ARGV[1], string.format('%.0f:', now + ARGV[3]) .. ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
local seen = tonumber(string.match(redis.call('HGET', KEYS[1], 'revision') or '', '^%d+\$') or 0)
if seen > 9007199254740991 then
  seen = 0
end
local revision = string.format('%.0f', math.max(seen + 1, time[1] * 1000000 + time[2]))
redis.call('HSET', KEYS[1], 'revision', revision)
redis.pcall('PUBLISH', ARGV[5], revision)
return revision`,
  'fleet-size': `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - ARGV[2]))
redis.call('ZREMRANGEBYSCORE', KEYS[1], string.format('(%.0f', now), '+inf')
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('ZCARD', KEYS[1])`,
  'keyspace-give-ttl': `local count = 0
for i = 1, #KEYS do
  if redis.call('PTTL', KEYS[i]) == -1 then
    count = count + 1
    if ARGV[1] ~= '1' then
      redis.call('PEXPIRE', KEYS[i], ARGV[i + 1])
    end
  end
end
return count`,
  'keyspace-replace': `local count = 0
for i = 1, #KEYS do
  local old, new = ARGV[2 * i - 1], ARGV[2 * i]
  local value = redis.pcall('GET', KEYS[i])
  if type(value) == 'table' and not string.find(value.err, 'WRONGTYPE', 1, true) then
    redis.call('GET', KEYS[i])
  end
  if value == old then
    if #new <= #old then
      redis.pcall('GETEX', KEYS[i])
    end
    redis.call('SET', KEYS[i], new, 'KEEPTTL')
    count = count + 1
  end
end
return count`,
  'lease-acquire': `local last = tonumber(redis.call('GET', KEYS[2]) or 0)
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
  if redis.call('PTTL', KEYS[1]) == -1 then
    return redis.error_reply('ERR ' .. KEYS[1] .. ' is not a lease: it never expires. Delete it')
  end
  return false
end
local time = redis.call('TIME')
local token = math.max(last + 1, time[1] * 1000000 + time[2])
redis.call('SET', KEYS[2], string.format('%.0f', token))
return token`,
  'lease-release': `if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0`,
  'pace-take': `local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval = 1000000 / ARGV[1]
local state = redis.call('HMGET', KEYS[1], 'next', 'since', 'asks', 'spread')
local next = math.min(tonumber(state[1]) or 0, now + interval)
local since = math.min(tonumber(state[2]) or now, now)
local asks = (tonumber(state[3]) or 0) + 1
local spread = tonumber(state[4]) or 1
local window = math.max(1000000, 10 * interval)
local elapsed = math.max(0, now - since)
local due = 3 * elapsed / interval
local crowd = asks > 2 * due and asks / 4.5 or 1
if elapsed >= window then
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
return wait`,
  period: `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local NAMES = { 'every', 'claimed', 'due', 'until', 'token', 'failures', 'slices', 'done', 'skipped', 'pass', 'began', 'ended' }
local stored = redis.call('HMGET', KEYS[1], 'held', unpack(NAMES))
local held = stored[1] == '1'
local state = {}
for i, name in ipairs(NAMES) do
  state[name] = tonumber(stored[i + 1])
end
local action, token = ARGV[1], tonumber(ARGV[2])

local function int(number)
  return number and string.format('%.0f', number) or ''
end

local function isUnderWay()
  return state.pass and not state.ended
end

local function answer(kind, ...)
  local reply = { kind, ... }
  for _, name in ipairs({ 'every', 'pass', 'began', 'ended', 'slices', 'done', 'skipped' }) do
    reply[#reply + 1] = int(state[name])
  end
  return reply
end

local function dueIn()
  return math.max(0, math.ceil((isUnderWay() and state['until'] or state.due or now) - now))
end

local function save()
  local fields = { 'held', held and '1' or '0' }
  for _, name in ipairs(NAMES) do
    fields[#fields + 1] = name
    fields[#fields + 1] = int(state[name])
  end
  redis.call('HSET', KEYS[1], unpack(fields))
  local keep = math.max(0, state.due - now) + 10 * math.max(state.every, state.claimed) + 86400000
  redis.call('PEXPIRE', KEYS[1], int(keep))
end

local function finish()
  state.every = state.claimed
  state.ended = now
  if state.due <= now then
    local periods = math.floor((now - state.due) / state.every) + 1
    state.due = state.due + periods * state.every
    state.skipped = periods - 1
  end
end

if action == 'inspect' then
  return state.due and answer('dueIn', isUnderWay() and 0 or dueIn()) or false
end

if action == 'renew' then
  if not held or state.token ~= token then
    return { 'renewed', 0 }
  end
  state['until'] = now + ARGV[3]
  save()
  return { 'renewed', 1 }
end

if action == 'report' then
  if held and state.token == token then
    held = false
    state['until'] = 0
    if ARGV[3] == 'failed' then
      state['until'] = now + math.min(state.every, 1000 * 2 ^ math.min(30, state.failures))
      state.failures = state.failures + 1
    elseif ARGV[3] ~= 'released' then
      state.failures = 0
      state.slices = state.slices + 1
      state.done = state.done + ARGV[4]
      if ARGV[3] == 'done' then
        finish()
      end
    end
    save()
  end
  return answer('dueIn', dueIn())
end

local every, hold, force = tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4] == '1'
state.every = state.every or every
local longest = math.max(every, state.every)
state.due = math.min(state.due or now, now + longest)
state['until'] = math.min(state['until'] or 0, now + math.max(longest, hold))
if state['until'] > now and (held or not force) then
  return answer('held', math.ceil(state['until'] - now))
end
if not isUnderWay() then
  if now < state.due and not force then
    return answer('not-due', math.ceil(state.due - now))
  end
  state.pass, state.began, state.ended = math.min(state.due, now), now, nil
  state.slices, state.done, state.skipped = 0, 0, 0
end
held = true
state.claimed = every
state['until'] = now + hold
state.failures = state.failures or 0
state.token = math.max((state.token or 0) + 1, time[1] * 1000000 + time[2])
save()
return answer('run', int(state.token), int(state.pass), state.slices == 0 and 1 or 0)`,
  probe: `local key = KEYS[1]
local trials = {
  DBSIZE = {},
  DEL = { key },
  EXISTS = { key },
  GET = { key },
  HDEL = { key, 'f' },
  HEXISTS = { key, 'f' },
  HGET = { key, 'f' },
  HGETALL = { key },
  HINCRBY = { key, 'f', 'x' },
  HKEYS = { key },
  HLEN = { key },
  HMGET = { key, 'f' },
  HPERSIST = { key, 'FIELDS', 1, 'f' },
  HPEXPIRE = { key, 1, 'FIELDS', 1, 'f' },
  HPTTL = { key, 'FIELDS', 1, 'f' },
  HRANDFIELD = { key, 1 },
  HSCAN = { key, 0 },
  HSET = { key, 'f', 'v', 'x' },
  INFO = { 'server' },
  LLEN = { key },
  LRANGE = { key, 0, 0 },
  LTRIM = { key, 0, 0 },
  MGET = { key },
  PEXPIRE = { key, 1 },
  PEXPIREAT = { key, 1 },
  PTTL = { key },
  SCAN = { 0, 'COUNT', 1 },
  SET = { key, '', 'XX' },
  TIME = {},
  UNLINK = { key },
  XACK = { key, 'g', '0-1' },
  XADD = { key, 'NOMKSTREAM', '*', 'f', 'v' },
  XAUTOCLAIM = { key, 'g', 'c', 0, '0-0' },
  XCLAIM = { key, 'g', 'c', 0, '0-1' },
  ['XGROUP DELCONSUMER'] = { key, 'g', 'c' },
  ['XINFO CONSUMERS'] = { key, 'g' },
  ['XINFO GROUPS'] = { key },
  XLEN = { key },
  XPENDING = { key, 'g' },
  XRANGE = { key, '-', '+', 'COUNT', 1 },
  XTRIM = { key, 'MAXLEN', 0 },
  ZADD = { key, 'x', 'm' },
  ZCARD = { key },
  ZCOUNT = { key, 0, 0 },
  ZINCRBY = { key, 'x', 'm' },
  ZMSCORE = { key, 'm' },
  ZRANGE = { key, 0, 0 },
  ZRANGEBYSCORE = { key, 0, 0 },
  ZREM = { key, 'm' },
  ZSCAN = { key, 0 },
  ZSCORE = { key, 'm' },
}
local failed = {}
for i = 1, #ARGV do
  if trials[ARGV[i]] then
    local words = {}
    for word in string.gmatch(ARGV[i], '%u+') do
      words[#words + 1] = word
    end
    for _, argument in ipairs(trials[ARGV[i]]) do
      words[#words + 1] = argument
    end
    local reply = redis.pcall(unpack(words))
    if type(reply) == 'table' and reply.err then
      failed[#failed + 1] = ARGV[i]
      failed[#failed + 1] = reply.err
    end
  end
end
return failed`,
  'queue-tracker-advance': `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local sweep = redis.call('HMGET', KEYS[2], 'version', 'started', 'stamp', 'mark')
local mark = redis.call('HGET', KEYS[1], '')
if not mark or mark ~= sweep[4] then
  mark = ''
end
local isMoved = (sweep[1] or '0') == ARGV[1] and mark == ARGV[3]
local stamp = string.format('%.0f', math.max(now, tonumber(sweep[3] or 0) + 1))
local pairs = {}
for i = 7, #ARGV do
  pairs[#pairs + 1] = ARGV[i]
  pairs[#pairs + 1] = stamp
end
local added = 0
if #pairs > 0 then
  redis.call('HSET', KEYS[2], 'stamp', stamp)
  added = redis.call('HSET', KEYS[1], unpack(pairs))
end
if not isMoved then
  return { added, 0 }
end
local started = sweep[2] or ARGV[2]
local isBeginning = ARGV[5] ~= '' and ARGV[6] ~= ''
local set = { 'version', string.format('%.0f', ARGV[1] + 1) }
local function put(name, value)
  set[#set + 1] = name
  set[#set + 1] = value
end
if mark == '' then
  local new = string.format('%.0f', time[1] * 1000000 + time[2])
  redis.call('HSET', KEYS[1], '', new)
  redis.call('HDEL', KEYS[2], 'swept', 'cursor', 'started')
  put('mark', new)
  started = ARGV[2]
end
if isBeginning then
  redis.call('HDEL', KEYS[2], 'passSwept')
  put('passDue', ARGV[5])
  put('passStamp', ARGV[6])
  started = ARGV[2]
end
if ARGV[4] == '' then
  redis.call('HDEL', KEYS[2], 'cursor', 'started')
  put('swept', started)
  if ARGV[5] ~= '' then
    put('passSwept', 1)
  end
else
  put('cursor', ARGV[4])
  put('started', started)
end
redis.call('HSET', KEYS[2], unpack(set))
return { added, 1 }`,
  'queue-tracker-mark': `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local last = tonumber(redis.call('HGET', KEYS[2], 'stamp') or 0)
local stamp = string.format('%.0f', math.max(now, last + 1))
local pairs = {}
for i = 1, #ARGV do
  pairs[2 * i - 1] = ARGV[i]
  pairs[2 * i] = stamp
end
local added = redis.call('HSET', KEYS[1], unpack(pairs))
redis.call('HSET', KEYS[2], 'stamp', stamp)
return added`,
  'queue-tracker-read': `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local mark = redis.call('HGET', KEYS[1], '')
local sweep = redis.call(
  'HMGET', KEYS[2], 'version', 'swept', 'cursor', 'mark', 'stamp', 'passDue', 'passStamp', 'passSwept'
)
local isLost = not mark or mark ~= sweep[4]
local state, stamp = '', '0'
if ARGV[1] ~= '' then
  local stored, due = tonumber(sweep[6] or ''), tonumber(ARGV[1])
  if stored and stored > due and ARGV[2] ~= '1' then
    state = 'over'
  elseif stored ~= due or isLost then
    state, stamp = 'begin', sweep[5] or '0'
  else
    state, stamp = sweep[8] and 'check' or 'sweep', sweep[7] or '0'
  end
end
if isLost then
  return { sweep[1] or '0', now, false, false, '', state, stamp }
end
return { sweep[1] or '0', now, sweep[2], state ~= 'begin' and sweep[3], mark, state, stamp }`,
  'queue-tracker-remove': `local removed = 0
for i = 1, #ARGV, 2 do
  if redis.call('HGET', KEYS[1], ARGV[i]) == ARGV[i + 1] then
    removed = removed + redis.call('HDEL', KEYS[1], ARGV[i])
  end
end
return removed`,
  'queue-tracker-sample': `local drawn = redis.call('HRANDFIELD', KEYS[1], ARGV[1], 'WITHVALUES')
for i = 1, #drawn, 2 do
  if drawn[i] == '' then
    table.remove(drawn, i)
    table.remove(drawn, i)
    break
  end
end
return drawn`,
  'queue-tracker-size': `return redis.call('HLEN', KEYS[1]) - redis.call('HEXISTS', KEYS[1], '')`,
  'queue-tracker-stale': `local page = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
local found = { page[1] }
for i = 1, #page[2], 2 do
  local id, stamp = page[2][i], page[2][i + 1]
  if id ~= '' and tonumber(stamp) <= tonumber(ARGV[3]) then
    found[#found + 1] = id
    found[#found + 1] = stamp
  end
end
return found`,
  'rollup-fold': `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local width = tonumber(ARGV[2])
local kept = width + tonumber(ARGV[3])
local left = tonumber(ARGV[1])
local moved = 0
local over = 0
for i = 1, #KEYS do
  if left <= 0 then
    break
  end
  local base = string.sub(KEYS[i], 1, -8)
  local counts = redis.call('HRANDFIELD', KEYS[i], left, 'WITHVALUES')
  local fields = {}
  local added = {}
  local failure
  for j = 1, #counts, 2 do
    local start, item = string.match(counts[j], '^(%-?%d+):(.*)\$')
    if not start then
      failure = redis.error_reply('ERR ' .. KEYS[i] .. ' has a field that is no count: ' .. counts[j])
      break
    end
    if start + kept > now then
      local total = base .. 'total:' .. start
      local due = string.format('%.0f', start + kept)
      redis.call('ZCARD', total)
      redis.call('PEXPIREAT', total, due)
      added[#added + 1] = { total = total, due = due, count = counts[j + 1], item = item, field = counts[j] }
    end
    fields[#fields + 1] = counts[j]
    if start + width <= now then
      over = over + 1
    end
  end
  if #fields > 0 then
    redis.call('HDEL', KEYS[i], unpack(fields))
  end
  for _, each in ipairs(added) do
    local sum = redis.pcall('ZINCRBY', each.total, each.count, each.item)
    if type(sum) == 'table' and sum.err then
      redis.call('HINCRBY', KEYS[i], each.field, each.count)
      failure = sum
    else
      redis.call('PEXPIREAT', each.total, each.due)
    end
  end
  if failure then
    return failure
  end
  moved = moved + #fields
  left = left - #fields
end
return { moved, over }`,
  'rollup-scan': `return redis.call('ZSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])`,
  'rollup-top': `return redis.call('ZRANGE', KEYS[1], 0, ARGV[1] - 1, 'REV', 'WITHSCORES')`,
  'rollup-totals': `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local base = string.sub(KEYS[1], 1, -8)
local width = tonumber(ARGV[4])
local sums = {}
for i = 1, tonumber(ARGV[3]) do
  local begins = ARGV[2] + (i - 1) * width
  local start = string.format('%.0f', begins)
  local sum = 0
  if begins + width + ARGV[5] > now then
    sum = tonumber(redis.call('ZSCORE', base .. 'total:' .. start, ARGV[1]) or 0)
      + tonumber(redis.call('HGET', KEYS[1], start .. ':' .. ARGV[1]) or 0)
  end
  sums[i] = string.format('%.0f', sum)
end
return sums`,
  'stream-reaper-bury': `local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[2], ARGV[2], 1)[1]
if not pending or pending[4] ~= tonumber(ARGV[3]) then
  return 0
end
local entry = redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2])[1]
local letter = {}
if entry and #entry[2] <= 7000 then
  letter = entry[2]
end
for _, text in ipairs({
  'dead-letter.id', ARGV[2],
  'dead-letter.group', ARGV[1],
  'dead-letter.deliveries', ARGV[3],
  'dead-letter.reason', ARGV[4],
}) do
  letter[#letter + 1] = text
end
redis.call('XACK', KEYS[1], ARGV[1], '0-0')
redis.call('XADD', KEYS[2], '*', unpack(letter))
return redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])`,
  'stream-reaper-claim': `local most = tonumber(ARGV[6])

local function bury(id, deliveries, fields)
  local letter = {}
  if #fields <= 7000 then
    letter = fields
  end
  for _, text in ipairs({
    'dead-letter.id', id,
    'dead-letter.group', ARGV[1],
    'dead-letter.deliveries', deliveries,
    'dead-letter.reason', 'nobody has reported how its last delivery ended: the worker died or gave up',
  }) do
    letter[#letter + 1] = text
  end
  redis.call('XADD', KEYS[2], '*', unpack(letter))
  redis.call('XACK', KEYS[1], ARGV[1], id)
end

redis.call('XLEN', KEYS[2])
redis.call('XACK', KEYS[1], ARGV[1], '0-0')
local claimed =
  redis.call('XAUTOCLAIM', KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], 'COUNT', ARGV[5], 'JUSTID')
local ids = claimed[2]
local entries = {}
local buried = 0
local deleted = claimed[3] and #claimed[3] or 0
local left = {}
for i = 1, #ids do
  local id = ids[i]
  local entry = redis.call('XRANGE', KEYS[1], id, id)[1]
  if not entry then
    deleted = deleted + redis.call('XACK', KEYS[1], ARGV[1], id)
  else
    local deliveries = redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1)[1][4]
    if deliveries >= most then
      bury(id, deliveries, entry[2])
      buried = buried + 1
    else
      left[#left + 1] = { id, deliveries, entry[2] }
    end
  end
end
local isAlone = false
local held
for _, each in ipairs(left) do
  local id, deliveries, fields = each[1], each[2], each[3]
  local isLast = deliveries + 1 == most
  if isAlone or (isLast and #entries > 0) then
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, id, 'IDLE', ARGV[3], 'RETRYCOUNT', deliveries, 'JUSTID')
    held = held or id
  else
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, id, 'RETRYCOUNT', deliveries + 1, 'JUSTID')
    entries[#entries + 1] = { id, deliveries + 1, fields }
    isAlone = isLast
  end
end
local isMore = held or #ids >= tonumber(ARGV[5])
return { held or claimed[1], isMore and 1 or 0, buried, deleted, unpack(entries) }`,
  'stream-reaper-give-back': `local count = 0
for i = 4, #ARGV, 3 do
  local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1)[1]
  if pending and pending[2] == ARGV[2] and pending[4] == tonumber(ARGV[i + 1]) then
    redis.call(
      'XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'IDLE', ARGV[3], 'RETRYCOUNT', ARGV[i + 2], 'JUSTID'
    )
    count = count + 1
  end
end
return count`,
  'stream-reaper-retire': `local retired = 0
for i = 2, #ARGV do
  if #redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[i]) == 0 then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[i])
    retired = retired + 1
  end
end
return retired`,
  'stream-reaper-trim': `local function isBefore(a, b)
  local aTime, aCount = string.match(a, '(%d+)-(%d+)')
  local bTime, bCount = string.match(b, '(%d+)-(%d+)')
  if aTime == bTime then
    aTime, bTime = aCount, bCount
  end
  if #aTime ~= #bTime then
    return #aTime < #bTime
  end
  return aTime < bTime
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local first = string.format('%.0f-0', math.max(0, now - ARGV[1]))
for _, info in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local group = {}
  for i = 1, #info, 2 do
    group[info[i]] = info[i + 1]
  end
  local needed = group['last-delivered-id']
  if group.pending > 0 then
    local oldest = redis.call('XPENDING', KEYS[1], group.name, '-', '+', 1)[1][1]
    needed = isBefore(oldest, needed) and oldest or needed
  end
  first = isBefore(needed, first) and needed or first
end
return redis.call('XTRIM', KEYS[1], 'MINID', '~', first, 'LIMIT', ARGV[2])`,
  'volatile-hashes-delete': `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local due = redis.call('ZMSCORE', KEYS[2], unpack(ARGV, 2))
local overdue = {}
for i = 1, #due do
  if due[i] and tonumber(due[i]) <= now then
    overdue[#overdue + 1] = ARGV[i + 1]
  end
end
if #overdue > 0 then
  redis.call('HDEL', KEYS[1], unpack(overdue))
end
local live = redis.call('HDEL', KEYS[1], unpack(ARGV, 2))
if redis.call('ZREM', KEYS[2], unpack(ARGV, 2)) > 0 then
  local first = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
  if first[1] then
    redis.call('ZADD', KEYS[3], first[2], ARGV[1])
  else
    redis.call('ZREM', KEYS[3], ARGV[1])
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
  'volatile-hashes-native-scan': `return redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])`,
  'volatile-hashes-native-set': `if ARGV[1] == '' then
  return redis.call('HSET', KEYS[1], unpack(ARGV, 2))
end
local fields = {}
for i = 2, #ARGV, 2 do
  fields[#fields + 1] = ARGV[i]
end
redis.call('HPEXPIRE', KEYS[1], ARGV[1], 'FIELDS', #fields, unpack(fields))
local added = redis.call('HSET', KEYS[1], unpack(ARGV, 2))
redis.call('HPEXPIRE', KEYS[1], ARGV[1], 'FIELDS', #fields, unpack(fields))
return added`,
  'volatile-hashes-native-size': `local page = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2], 'NOVALUES')
if ARGV[1] == '0' and page[1] == '0' then
  return { '0', #page[2] }
end
return page`,
  'volatile-hashes-overdue': `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local earliest = now
for i = 1, #KEYS do
  local first = redis.call('ZRANGE', KEYS[i], 0, 0, 'WITHSCORES')
  if first[1] then
    earliest = math.min(earliest, tonumber(first[2]))
  end
end
return now - earliest`,
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
local visits = tonumber(ARGV[2])
local done = 0
for i = 1, #KEYS do
  if left <= 0 or visits <= 0 then
    break
  end
  local base = string.sub(KEYS[i], 1, -6)
  local names = redis.call('ZRANGE', KEYS[i], '-inf', string.format('%.0f', now), 'BYSCORE', 'LIMIT', 0, visits)
  local gone = {}
  local later = {}
  for n = 1, #names do
    if left <= 0 then
      break
    end
    visits = visits - 1
    local due = base .. 'due:' .. names[n]
    local fields = redis.call('ZRANGE', due, '-inf', string.format('%.0f', now), 'BYSCORE', 'LIMIT', 0, left)
    if #fields > 0 then
      local deleted = redis.pcall('HDEL', base .. 'hash:' .. names[n], unpack(fields))
      if type(deleted) == 'table' and not string.find(deleted.err, 'WRONGTYPE', 1, true) then
        return deleted
      end
      redis.call('ZREM', due, unpack(fields))
      done = done + #fields
    end
    left = left - #fields
    local first = redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')
    if first[1] then
      later[#later + 1] = first[2]
      later[#later + 1] = names[n]
    else
      gone[#gone + 1] = names[n]
    end
  end
  if #gone > 0 then
    redis.call('ZREM', KEYS[i], unpack(gone))
  end
  if #later > 0 then
    redis.call('ZADD', KEYS[i], unpack(later))
  end
end
return { done, (left <= 0 or visits <= 0) and 1 or 0 }`,
  'volatile-hashes-scan': `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local page = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
local found = page[2]
local live = {}
for first = 1, #found, 2000 do
  local last = math.min(#found, first + 1999)
  local fields = {}
  for i = first, last, 2 do
    fields[#fields + 1] = found[i]
  end
  local due = redis.call('ZMSCORE', KEYS[2], unpack(fields))
  for i = 1, #fields do
    if not (due[i] and tonumber(due[i]) <= now) then
      live[#live + 1] = fields[i]
      live[#live + 1] = found[first + 2 * i - 1]
    end
  end
end
return { page[1], live }`,
  'volatile-hashes-set': `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZCARD', KEYS[2])
redis.call('ZCARD', KEYS[3])
local due = {}
for i = 3, #ARGV, 2 do
  if ARGV[2] ~= '' then
    due[#due + 1] = string.format('%.0f', now + ARGV[2])
  end
  due[#due + 1] = ARGV[i]
end
if ARGV[2] ~= '' then
  redis.call('ZADD', KEYS[2], unpack(due))
else
  redis.call('ZADD', KEYS[2], 'XX', 'GT', '-inf', ARGV[3])
  redis.call('ZREM', KEYS[2], unpack(due))
end
local first = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
if first[1] then
  redis.call('ZADD', KEYS[3], first[2], ARGV[1])
else
  redis.call('ZREM', KEYS[3], ARGV[1])
end
return redis.call('HSET', KEYS[1], unpack(ARGV, 3))`,
  'volatile-hashes-size': `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return math.max(0, redis.call('HLEN', KEYS[1]) - redis.call('ZCOUNT', KEYS[2], '-inf', string.format('%.0f', now)))`,
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
  'volatile-set-add': `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local due = ARGV[1] == '' and '+inf' or string.format('%.0f', now + ARGV[1])
local known = redis.call('ZMSCORE', KEYS[1], unpack(ARGV, 2))
local added = 0
local members = {}
for i = 2, #ARGV do
  local old = known[i - 1]
  if not (old and tonumber(old) > now) then
    added = added + 1
  end
  members[#members + 1] = due
  members[#members + 1] = ARGV[i]
end
redis.call('ZADD', KEYS[1], unpack(members))
return added`,
  'volatile-set-overdue': `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
return first[1] and math.max(0, now - tonumber(first[2])) or 0`,
  'volatile-set-reap': `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local left = tonumber(ARGV[1])
local done = 0
for i = 1, #KEYS do
  if left <= 0 then
    break
  end
  local overdue = redis.call('ZRANGE', KEYS[i], '-inf', string.format('%.0f', now), 'BYSCORE', 'LIMIT', 0, left)
  if #overdue > 0 then
    redis.call('ZREM', KEYS[i], unpack(overdue))
    done = done + #overdue
    left = left - #overdue
  end
end
return done`,
  'volatile-set-remove': `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local live = 0
local known = redis.call('ZMSCORE', KEYS[1], unpack(ARGV))
for i = 1, #ARGV do
  if known[i] and tonumber(known[i]) > now then
    live = live + 1
  end
end
redis.call('ZREM', KEYS[1], unpack(ARGV))
return live`,
  'volatile-set-scan': `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local page = redis.call('ZSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
local found = { page[1] }
for i = 1, #page[2], 2 do
  if tonumber(page[2][i + 1]) > now then
    found[#found + 1] = page[2][i]
  end
end
return found`,
  'volatile-set-size': `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return redis.call('ZCOUNT', KEYS[1], string.format('(%.0f', now), '+inf')`,
  'volatile-set-touch': `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local due = ARGV[1] == '' and '+inf' or string.format('%.0f', now + ARGV[1])
local known = redis.call('ZMSCORE', KEYS[1], unpack(ARGV, 2))
local touched = {}
local live = {}
for i = 2, #ARGV do
  local old = known[i - 1]
  local isLive = old and tonumber(old) > now
  touched[i - 1] = isLive and 1 or 0
  if isLive then
    live[#live + 1] = due
    live[#live + 1] = ARGV[i]
  end
end
if #live > 0 then
  redis.call('ZADD', KEYS[1], 'XX', unpack(live))
end
return touched`,
  'volatile-set-ttl': `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local known = redis.call('ZMSCORE', KEYS[1], unpack(ARGV))
local left = {}
for i = 1, #ARGV do
  local due = tonumber(known[i] or 0)
  if due == math.huge then
    left[i] = -1
  else
    left[i] = due > now and due - now or -2
  end
end
return left`,
};
