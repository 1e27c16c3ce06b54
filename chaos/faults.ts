import { setTimeout as pause } from 'node:timers/promises';
import type { SeededRandom } from '../lib/testing/index.js';
import type { World } from './world.js';

/** Something that happens to the fleet, and ends. */
export interface Fault {
  readonly name: string;
  /** What it does to the data in Redis: 'lost' is forgotten by all models. */
  readonly data?: 'lost';
  /** Whether Redis does not answer while it lasts: then requests are compared with and without enlisting. */
  readonly isOutage?: boolean;
  /** Resolves when it is over. `long` is the length of a long fault: ms. */
  inflict(world: World, random: SeededRandom, long: number): Promise<void>;
}

const pick = <T>(random: SeededRandom, items: readonly T[]): T =>
  items[Math.floor(random.next() * items.length)]!;

/** All that is inflicted on a fleet with one server. */
export const FAULTS: readonly Fault[] = [
  {
    name: 'kill -9 of a worker',
    inflict: ({ fleet }, random) => fleet.kill(pick(random, fleet.workers)),
  },
  {
    name: 'a worker is replaced, as by a deployment',
    async inflict(world, random) {
      const code = await world.fleet.replace(pick(random, world.fleet.workers));
      if (code !== 0) world.violate(`a worker that was told to close ended with ${code}`);
    },
  },
  {
    name: 'SIGSTOP of Redis',
    isOutage: true,
    async inflict({ redis }, _, long) {
      redis.kill('SIGSTOP');
      await pause(long);
      redis.kill('SIGCONT');
    },
  },
  {
    name: 'Redis killed, and restarted with its data',
    isOutage: true,
    async inflict({ redis }, _, long) {
      redis.kill('SIGKILL');
      await pause(long / 4);
      await redis.restart();
    },
  },
  {
    name: 'Redis killed, and restarted empty',
    data: 'lost',
    isOutage: true,
    async inflict({ redis, proxy, direct }, _, long) {
      proxy.set('refuse');
      redis.kill('SIGKILL');
      await pause(long / 4);
      await redis.restart();
      await untilAnswered(() => direct.flushall());
      proxy.set('none');
    },
  },
  {
    name: 'SCRIPT FLUSH',
    async inflict({ direct }) {
      await direct.script('FLUSH');
    },
  },
  {
    name: 'Redis out of memory',
    async inflict({ direct }, _, long) {
      await direct.config('SET', 'maxmemory', '1');
      await pause(long / 4);
      await direct.config('SET', 'maxmemory', '0');
    },
  },
  {
    name: 'Redis read-only',
    async inflict({ direct }, _, long) {
      await direct.call('REPLICAOF', '127.0.0.1', '1');
      await pause(long / 4);
      await direct.call('REPLICAOF', 'NO', 'ONE');
    },
  },
  {
    name: 'a slow network',
    isOutage: true,
    async inflict({ proxy }, random, long) {
      proxy.set('latency', 20 + random.next() * 180);
      await pause(long / 2);
      proxy.set('none');
    },
  },
  {
    name: 'all connections cut',
    async inflict({ proxy }) {
      proxy.cut();
      await pause(100);
    },
  },
  ...(['half-open', 'lost-replies', 'refuse'] as const).map((kind) => ({
    name: `connections: ${kind}`,
    isOutage: true,
    async inflict({ proxy }: World, _: SeededRandom, long: number) {
      proxy.set(kind);
      await pause(long / 4);
      proxy.set('none');
      // What was half open stays so for ever: somebody has to notice.
      if (kind !== 'refuse') proxy.cut();
    },
  })),
  {
    name: 'the clock of a worker leaps',
    async inflict({ fleet }, random) {
      const worker = pick(random, fleet.workers);
      for (const hours of [3, -5, 0]) {
        worker.order({ kind: 'clock', offset: hours * 3_600_000 });
        await pause(300);
      }
    },
  },
  {
    name: 'an event loop blocked for 2 s',
    async inflict({ fleet }, random) {
      pick(random, fleet.workers).order({ kind: 'block', ms: 2000 });
      await pause(2000);
    },
  },
];

async function untilAnswered(ask: () => Promise<unknown>): Promise<void> {
  for (let turn = 0; turn < 200; turn++) {
    const isAnswered = await ask().then(
      () => true,
      () => false,
    );
    if (isAnswered) return;
    await pause(50);
  }
  throw new Error('Redis did not answer again within 10 s of its restart');
}
