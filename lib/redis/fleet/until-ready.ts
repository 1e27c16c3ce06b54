import type { RedisClient } from '../client.js';

/** Resolves when a client that is about to connect has connected; at once for one in any other state. */
export async function untilReady(client: RedisClient): Promise<void> {
  if (!['connecting', 'connect', 'reconnecting'].includes(client.status)) return;
  await new Promise<void>((resolve) => void client.once('ready', resolve));
}
