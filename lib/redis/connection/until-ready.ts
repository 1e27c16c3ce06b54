import { within } from '../../time/within.js';
import type { RedisLike } from './client.js';

/** How long a bootstrap waits for a server that is slow or away: ms. */
export const BOOTSTRAP_PATIENCE = 1000;

/** One listener a client, however many wait for it. */
const waits = new WeakMap<RedisLike, Promise<void>>();
/** Clients that were waited for in vain: the next in the same bootstrap need not wait as long again. */
const late = new WeakSet<RedisLike>();

/** Resolves when a client that is about to connect has connected; at once for one in any other state. */
export function untilReady(client: RedisLike): Promise<void> {
  if (!['connecting', 'connect', 'reconnecting'].includes(client.status)) return Promise.resolve();
  const known = waits.get(client);
  if (known !== undefined) return known;
  const wait = new Promise<void>((resolve) => void client.once('ready', () => resolve()));
  waits.set(client, wait);
  return wait.finally(() => waits.delete(client));
}

/** The same, but for a second at most, until the first attempt has failed, and only once for a client that stays away. */
export async function readyAtBootstrap(client: RedisLike): Promise<void> {
  if (late.has(client)) return;
  let fail!: () => void;
  const failed = new Promise<never>((_resolve, reject) => {
    fail = () => reject(new Error('The first attempt to connect has failed'));
  });
  client.once('close', fail);
  try {
    await within(Promise.race([untilReady(client), failed]), BOOTSTRAP_PATIENCE, { keepAlive: true });
    late.delete(client);
  } catch {
    late.add(client);
  } finally {
    client.off('close', fail);
    failed.catch(() => undefined);
  }
}
