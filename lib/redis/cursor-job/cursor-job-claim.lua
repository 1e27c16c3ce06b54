-- Finds a partition with work to do, and claims it.
-- KEYS   1 the sweep, named `<base>pass`, then the states of partitions in the order in which they are searched. Where the
--        sweep has another number of partitions, the states of all of these, `<base>state:<p>`, are read. Where a
--        pass begins, all states that there ever were are written.
-- ARGV   1 name of the claim, '' for none, 2 ms for which it holds, 0 for no claim, 3 1 where the next sweep follows at
--        once, otherwise 0, 4 maximum items to request, 5 items of a partition that may be set aside, 6 how many
--        partitions there are, 7 when the pass fell due in ms, '' without `every`, 8 1 for the first slice of a pass
-- Result { index of the state, version, cursor or '', items to request, failures, last error, S, D } or, when there is
--        none, { 0, ms until a partition falls due or -1 for never, 1 when one is held by another, S, D }: S is the index
--        of a state that is skipped because too many of its items, D, were set aside, 0 when there is none;
--        { -1, n } when the sweep is under way with n partitions, which is another number
-- Cost   O(n) for n partitions read; where a pass begins, for all
-- Atomic because two workers must not claim the same partition, nor begin a sweep with different numbers of them.
-- Fails   no partition is claimed; where HSET fails after HDEL, the last claim of this one is forgotten. A pass whose
--        beginning fails is begun by the next slice.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local hold, limit, most = tonumber(ARGV[2]), tonumber(ARGV[4]), tonumber(ARGV[5])
local passDue = tonumber(ARGV[7])
-- During a pass no other sweep begins.
local restarts = ARGV[3] == '1' and not passDue
local base = string.sub(KEYS[1], 1, -5)
local sweep = redis.call('HMGET', KEYS[1], 'partitions', 'most', 'passDue')

local function int(number)
  return string.format('%.0f', number)
end

-- Removes a state from its sweep: a worker that is still at work there will not move its cursor.
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
    -- A slice that is late: its pass is over, and the sweep is another pass'.
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
  -- Items change partitions with another number: nothing is lost only where every partition of that sweep is at its end.
  local sweeps = math.huge
  -- From anywhere on: one that is not at its end is then found early, whichever it is.
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
    -- The sweep has been lost, by eviction say, and this state is of one with another number of partitions: it begins
    -- again.
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
      -- Its holder did not come back: its items may be why.
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
    -- First what takes no memory: a script that has begun so may go on though the server is full, and the work of
    -- this job may be what frees it.
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
return { 0, soonest, isHeld, full, dead }
