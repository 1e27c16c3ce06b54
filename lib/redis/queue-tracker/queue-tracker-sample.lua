-- Draws identifiers at random.
-- KEYS   1 the set
-- ARGV   1 how many at most
-- Result identifier, stamp, identifier, stamp …; no identifier twice
-- Cost   O(n) for n drawn
-- Atomic as any script is; it is one because the reply of HRANDFIELD depends on the version of the protocol.
-- Fails   nothing is written.
local drawn = redis.call('HRANDFIELD', KEYS[1], ARGV[1], 'WITHVALUES')
for i = 1, #drawn, 2 do
  -- The mark of the set is not an identifier.
  if drawn[i] == '' then
    table.remove(drawn, i)
    table.remove(drawn, i)
    break
  end
end
return drawn
