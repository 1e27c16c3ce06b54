import type { Redis } from 'ioredis';
import type { RedisClient } from 'nestjs-work-stealing/redis';
import type { Proxy } from './proxy.js';

/** Where the fleet keeps its data: one server, or a Cluster. Workers reach it by proxies, models past them. */
export interface Store {
  /** How a worker reaches it, as JSON: what `connect()` of the worker takes. */
  readonly address: string;
  /** Of the models: it waits for its answers, and sends nothing twice, so that what fails has not been applied later. */
  readonly direct: RedisClient;
  readonly proxies: readonly Proxy[];
  /** Every server that holds data of its own. */
  masters(): readonly Redis[];
  stop(): Promise<void>;
}

/** The keys of all masters that match a pattern. */
export async function keysOf(store: Pick<Store, 'masters'>, pattern: string): Promise<string[]> {
  const found: string[] = [];
  for (const master of store.masters()) {
    let cursor = '0';
    do {
      const [next, keys] = await master.scan(cursor, 'MATCH', pattern, 'COUNT', 1000);
      found.push(...keys);
      cursor = next;
    } while (cursor !== '0');
  }
  return found;
}

/** Asks until it is so, and takes a failure for a no. */
export async function eventually(
  what: string,
  isSo: () => Promise<boolean>,
  patience = 120_000,
): Promise<void> {
  const deadline = performance.now() + patience;
  while (!(await isSo().catch(() => false))) {
    if (performance.now() > deadline) throw new Error(`Not so within ${patience} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
