import { setTimeout as pause } from 'node:timers/promises';
import type { SeededRandom } from 'nestjs-work-stealing/testing';
import type { World } from '../world.js';
import type { Fault } from './fault.js';

/** What is done to the connections between the fleet and Redis. */
export const CONNECTION_FAULTS: readonly Fault[] = [
  {
    name: 'a slow network',
    isOutage: true,
    async inflict({ store: { proxies } }, random, long) {
      const latency = 20 + random.next() * 180;
      for (const proxy of proxies) proxy.set('latency', latency);
      await pause(long / 2);
      for (const proxy of proxies) proxy.set('none');
    },
  },
  {
    name: 'all connections cut',
    async inflict({ store: { proxies } }) {
      for (const proxy of proxies) proxy.cut();
      await pause(100);
    },
  },
  ...(['half-open', 'lost-replies', 'refuse'] as const).map((kind) => ({
    name: `connections: ${kind}`,
    isOutage: true,
    async inflict({ store: { proxies } }: World, _: SeededRandom, long: number) {
      for (const proxy of proxies) proxy.set(kind);
      await pause(long / 4);
      for (const proxy of proxies) proxy.set('none');
      // TCP loses no part of a stream: a connection without some of its replies does not go on.
      if (kind === 'lost-replies') for (const proxy of proxies) proxy.cut();
    },
  })),
  {
    name: 'SCRIPT FLUSH',
    async inflict({ store }) {
      await Promise.all(store.masters().map((master) => master.script('FLUSH')));
    },
  },
];
