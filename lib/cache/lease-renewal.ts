import type { CacheTools } from './cache-tools.js';
import type { EntryStore } from './entry-store.js';

/** A lease is renewed so many times in its time to live, so that one renewal may fail. */
const RENEWALS = 3;

/**
 * Renews a lease until it is told to end, the lease is lost, or the recompute takes longer than any should. Returns the
 * end.
 */
export function keepLease(
  key: string,
  lease: string,
  store: EntryStore,
  { clock, options }: CacheTools,
): () => void {
  const deadline = clock.now() + options.longestRecompute;
  let callOff: () => void;
  let isOver = false;
  const wait = () => {
    callOff = clock.after(options.lease / RENEWALS, () => void renew());
  };
  const renew = async () => {
    if (clock.now() >= deadline) return;
    const isKept = await store.renew(key, lease);
    if (isKept !== false && !isOver) wait();
  };
  wait();
  return () => {
    isOver = true;
    callOff();
  };
}
