/** The keys beside a hash of VolatileHashes, by the documented layout. */
export function sharedOfHash(volatile, hash) {
  const key = volatile.key(hash);
  return { key, due: key.replace(':hash:', ':due:'), index: key.replace(/:hash:.*$/, ':index') };
}
