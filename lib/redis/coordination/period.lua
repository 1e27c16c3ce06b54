-- Grants the passes of a job that is due once a period, slice by slice.
-- KEYS   1 the state
-- ARGV   1 claim, 2 period in ms, 3 ms to hold the slice, 4 1 if an operator requests it
--        1 report, 2 token, 3 more, done, failed or released, 4 items done
--        1 renew, 2 token, 3 ms to hold the slice
--        1 inspect
-- Result of claim   run, token, when the pass fell due, 1 if no slice of it was reported | not-due, ms | held, ms
--        of report  dueIn, ms until the job may run again
--        of renew   renewed, 1 if the token is the latest
--        of inspect dueIn, ms; nil without a state
--        and then, except for renew: the period that applies, and for the pass under way or the last one: when it fell due,
--        began and ended (empty while it is under way), its slices, items and skipped periods (all empty before the first)
-- Cost   O(1)
-- Atomic because two callers between reading and writing would both run a slice.
local time = redis.call('TIME')
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
  -- Longer than the wait of any process that still asks; without state the job is due at once.
  local keep = math.max(0, state.due - now) + 10 * math.max(state.every, state.claimed) + 86400000
  redis.call('PEXPIRE', KEYS[1], int(keep))
end

-- The next pass is due a whole number of periods after this one fell due: at the first such time in the future.
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
-- Values later than possible are from before the clock was set back.
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
-- The time in microseconds, so that tokens grow even when the last one is lost.
state.token = math.max((state.token or 0) + 1, time[1] * 1000000 + time[2])
save()
return answer('run', int(state.token), int(state.pass), state.slices == 0 and 1 or 0)
