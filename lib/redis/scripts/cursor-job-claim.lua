-- Finds a partition with work to do, and claims it.
-- KEYS   the states of partitions, in the order in which to look at them
-- ARGV   1 name of the claim, 2 ms for which it holds, 0 for no claim, 3 ms from the start of one sweep to that of the
--        next, -1 for one sweep only, 4 items to ask for at most, 5 items that may be set aside, 6 how many partitions
--        there are
-- Result { index of the key, version, cursor or '', items to ask for, failures, last error },
--        { 0, ms until a partition falls due or -1 for never } when there is none,
--        { -1, index of the key, items set aside } when there are too many,
--        { -2, index of the key, partitions } when its sweep was begun with another number of partitions
-- Cost   O(n) for n partitions looked at
-- Atomic because two workers must not claim the same partition.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local stamp = string.format('%.0f', now)
local hold, every, limit, most = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local soonest = -1
for i = 1, #KEYS do
  local state = redis.call(
    'HMGET', KEYS[i], 'version', 'cursor', 'limit', 'failures', 'error', 'claimed', 'heldUntil', 'pausedUntil',
    'startedAt', 'ended', 'dead', 'partitions'
  )
  local due = tonumber(state[8] or 0)
  if state[10] then
    due = every < 0 and math.huge or math.max(due, state[9] + every)
  end
  local claimed = hold > 0 and tonumber(state[6] or 0) or 0
  local heldUntil = claimed > 0 and tonumber(state[7]) or 0
  if due <= now and heldUntil <= now then
    if tonumber(state[11] or 0) >= most then
      return { -1, i, tonumber(state[11]) }
    end
    local isNew = not state[9] or state[10]
    if state[12] and state[12] ~= ARGV[6] and not isNew then
      return { -2, i, tonumber(state[12]) }
    end
    local ask = math.min(limit, tonumber(state[3] or limit))
    local failures = tonumber(state[4] or 0)
    local reason = state[5] or ''
    if claimed > 0 then
      -- Who held it did not come back: its items may be why.
      if claimed > 1 then
        ask = math.min(ask, math.floor(claimed / 2))
      else
        failures = failures + 1
        reason = 'A worker died over it, or overran its lease'
      end
      redis.call('HSET', KEYS[i], 'limit', ask, 'failures', failures, 'error', reason)
    end
    if isNew then
      redis.call('HSET', KEYS[i], 'startedAt', stamp, 'done', 0, 'changed', 0, 'markAt', stamp, 'markDone', 0)
      redis.call('HDEL', KEYS[i], 'ended', 'earlierAt', 'earlierDone')
    end
    if state[12] ~= ARGV[6] then
      redis.call('HSET', KEYS[i], 'partitions', ARGV[6])
    end
    if hold > 0 then
      redis.call('HSET', KEYS[i], 'holder', ARGV[1], 'heldUntil', string.format('%.0f', now + hold), 'claimed', ask)
    end
    return { i, state[1] or '0', state[2] or '', ask, failures, reason }
  end
  if heldUntil > now then
    due = now
  end
  if due < math.huge and (soonest < 0 or due - now < soonest) then
    soonest = math.max(0, due - now)
  end
end
return { 0, soonest }
