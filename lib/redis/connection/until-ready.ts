import { within } from '../../time/within.js';
import type { RedisLike } from './client.js';

/** Maximum wait of a bootstrap for a server that is slow or unavailable: ms. */
export const BOOTSTRAP_PATIENCE = 1000;

/** One wait a client, which all callers share. */
const waits = new WeakMap<RedisLike, Promise<void>>();
/** Clients that did not connect in time: later callers of the same bootstrap do not wait for them again. */
const late = new WeakSet<RedisLike>();

/** Resolves when a client that is connecting has connected; at once for a client in any other state. */
export function untilReady(client: RedisLike): Promise<void> {
  if (!['connecting', 'connect', 'reconnecting'].includes(client.status)) return Promise.resolve();
  const known = waits.get(client);
  if (known !== undefined) return known;
  const wait = new Promise<void>((resolve) => void client.once('ready', () => resolve()));
  waits.set(client, wait);
  return wait.finally(() => waits.delete(client));
}

/**
 * Waits for a client that is connecting, for at most {@link BOOTSTRAP_PATIENCE} ms and until its first attempt has failed; not
 * again for a client that did not connect in time. Never rejects.
 */
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
