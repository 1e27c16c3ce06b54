import type { RedisConnection } from '../connection/client.js';
import { runScript } from '../lua/script.js';
import { keyPart } from '../partitions/key-part.js';

/** A process that has not asked for two and a half minutes is gone: it asks once a minute. */
const FORGET_AFTER_MS = 150_000;

/** Counts the processes whose recruiter of that name shares this Redis and prefix: one round trip. */
export async function countProcesses(
  { client, prefix }: RedisConnection,
  recruiter: string,
  processId: string,
): Promise<number> {
  const key = `${prefix}:{${keyPart(recruiter)}}:s1:processes`;
  return Number(await runScript(client, 'fleet-size', [key], [processId, FORGET_AFTER_MS]));
}
