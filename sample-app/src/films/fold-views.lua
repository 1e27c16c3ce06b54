-- Folds counted views into the roll-up: for each of at most n films, adds what the buffer holds to the film's total
-- and clears it there.
--
-- KEYS[1]  the buffer: a hash of film id to views that are not yet in the roll-up
-- KEYS[2]  the roll-up: a sorted set of film id by all its views
-- ARGV[1]  n
-- Result   how many films were folded; n when more are waiting, or just as many were
-- Cost     O(n log N) for N films; O(N) when n is more than a third of what the buffer holds
-- Atomic   because it is one script: a view is in the buffer or in the roll-up, never in both, never in neither

local films = redis.call('HRANDFIELD', KEYS[1], ARGV[1], 'WITHVALUES')
for i = 1, #films, 2 do
  redis.call('ZINCRBY', KEYS[2], films[i + 1], films[i])
  redis.call('HDEL', KEYS[1], films[i])
end
return #films / 2
