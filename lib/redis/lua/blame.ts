import { RedisUnavailableError } from './send.js';

/** In Redis 6.2 the code stands inside the message of a script's error. */
const NOT_NOW = /(^|-)(OOM|MISCONF|READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|NOREPLICAS|TRYAGAIN|BUSY) /;

/** Whether a Redis server can do nothing of the kind now, whatever the item: it is full, away, or a replica. */
export function isServersFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // One that does not answer may be at work on the item.
  if (error instanceof RedisUnavailableError) return (error.cause as Error).name !== 'TimeoutError';
  return error.name === 'ReplyError' && NOT_NOW.test(error.message);
}
