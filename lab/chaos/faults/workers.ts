import { setTimeout as pause } from 'node:timers/promises';
import { pick, type Fault } from './fault.js';

/** What is done to single processes of the fleet. */
export const WORKER_FAULTS: readonly Fault[] = [
  {
    name: 'kill -9 of a worker in mid-slice',
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
    name: 'the clock of a worker leaps by hours',
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
