-- Reads where the sweep stands, if the set is still the one that it has filled.
-- KEYS   1 the set, 2 the sweep
-- ARGV   1 when the pass fell due in ms, '' without `every`, 2 1 for the first slice of a pass
-- Result version, server time in ms, start of the last complete sweep in ms or nil, cursor or nil at a sweep's start, the
--        mark of the set, '' where set and sweep do not know each other: either is new, or was lost; then the state of the
--        pass ('' without one, 'begin' where its sweep has not begun, 'sweep' while it is under way, 'check' after it, 'over'
--        where another pass has begun since), and the last stamp before its sweep
-- Cost   O(1)
-- Atomic because a cursor belongs to its version, and both to the set.
-- Fails   nothing is written.
local time = redis.call('TIME')
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
return { sweep[1] or '0', now, sweep[2], state ~= 'begin' and sweep[3], mark, state, stamp }
