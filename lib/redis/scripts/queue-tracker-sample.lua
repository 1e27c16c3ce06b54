-- Draws identifiers at random.
-- KEYS   1 the set
-- ARGV   1 how many at most
-- Result identifier, stamp, identifier, stamp …; no identifier twice
-- Cost   O(n) for n drawn
-- Atomic as any script is; it is one because HRANDFIELD answers differently by the version of the protocol.
return redis.call('HRANDFIELD', KEYS[1], ARGV[1], 'WITHVALUES')
