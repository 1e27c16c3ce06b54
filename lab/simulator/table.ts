import { simulate, type Request } from './figures.js';
import { TRACES } from './traces.js';
import { JOBS, type SimulatedJob } from './world.js';

/** A line of the table: what is measured in a world, for each seed anew. */
interface Row {
  readonly world: string;
  readonly processes: number;
  readonly figures: string;
  readonly measure: (seed: number) => readonly number[];
}

/** A backfill whose slices are those of `expire`, and jobs that stand beside it. Loop and io: beside what all slices cost. */
const ENDLESS: SimulatedJob = { id: 'endless', rate: 0.001, limit: 50, loop: 3, io: 15, isEndless: true };
const SMALL: SimulatedJob = { id: 'small', rate: 0.001, limit: 100, loop: 3, io: 15, perFleet: 0.25 };
const QUICK: SimulatedJob = { id: 'quick', rate: 0.001, limit: 50, loop: 0.5, io: 1, isEndless: true };
const WAITING: SimulatedJob = { ...ENDLESS, id: 'waiting', loop: 0, io: 37 };
const SELDOM: SimulatedJob = { id: 'seldom', rate: 0.001, limit: 50, loop: 3, io: 15, perFleet: 0.05 };
const FAILING: SimulatedJob = { ...ENDLESS, id: 'failing', fails: true };

/** A few processes do so little that a day is needed to see the tail of it. */
const WHOLE_DAY = { seconds: 86_400 } as const;

const rows: readonly Row[] = [
  ...[10, 100, 1000].map((processes) => day('diurnal day', { trace: 'diurnal', processes })),
  lagOf('steady', { trace: 'steady', processes: 100 }),
  lagOf('sustained load 0.76', { trace: 'sustained', processes: 100 }),
  ...[10, 100, 1000].map((processes) => outage(processes)),
  ...[1, 2, 5].map(backfill),
  failureAtNight(),
  besideEndless(),
  quickBesideWaiting(),
  throttled(),
  ...[1, 10, 100].map(paced),
  ...[1, 2, 4].map((processes) => smallFleet('small fleet, rate 0.001', processes, 'ours')),
  ...[1, 2, 4].map((processes) => smallFleet('small fleet, default rate', processes, 'ours', 0.01)),
  ...[1, 2, 4].map((processes) => smallFleet('small fleet, cron each minute', processes, 'cron-each')),
  lagOf('processes live 60 s', { trace: 'short-lived', processes: 10 }),
  lagOf('Redis 200 times slower', { trace: 'slow-redis', processes: 100 }),
  fiftyJobs(),
  failingJob(),
];

/** Which rows of the table are run, and with how many seeds, from 1 on. */
export interface Selection {
  /** A part of the world's name. */
  readonly world: string;
  /** @default all sizes */
  readonly processes: number | undefined;
  readonly seeds: number;
}

/** Prints a line for each world: means over the seeds, with the least and the greatest. */
export function printTable({ world: part, processes: size, seeds }: Selection): void {
  const chosen = rows.filter(
    (each) => each.world.includes(part) && (size ?? each.processes) === each.processes,
  );
  console.log('| world | processes | figures | |\n| --- | --- | --- | --- |');
  for (const { world, processes, figures, measure } of chosen) {
    const runs = Array.from({ length: seeds }, (_, seed) => measure(seed + 1));
    const cells = runs[0]!.map((_, index) => spread(runs.map((run) => run[index]!)));
    console.log(`| ${world} | ${processes} | ${figures} | ${cells.join(' / ')} |`);
  }
}

function day(world: string, request: Scene): Row {
  return row(world, request, 'lag p50 / p99 / max, s; waste, %; bursts +p99 / +p99.9, ms', (scene) => {
    const { lag, waste, burst } = simulate(scene).figures;
    return [lag.p50, lag.p99, lag.max, 100 * waste, burst!.addedP99, burst!.addedP999];
  });
}

function lagOf(world: string, request: Scene): Row {
  return row(world, request, 'lag p50 / p99 / max, s; waste, %; slices/s', (scene) => {
    const { lag, waste, slicesPerSecond } = simulate(scene).figures;
    return [lag.p50, lag.p99, lag.max, 100 * waste, slicesPerSecond];
  });
}

function outage(processes: number): Row {
  const what =
    'lag < 60 s after, s; backlog as before after, s; wait for Redis p99, ms; busiest second, slices; slices/s before';
  return row('outage of 30 min', { trace: 'outage', processes }, what, (scene) => {
    const { seconds, backlogSeconds, redisWait, peak, steady } = simulate(scene).figures.recovery!;
    return [seconds, backlogSeconds, redisWait, peak, steady];
  });
}

function backfill(processes: number): Row {
  const scene = { trace: 'night', processes, jobs: [ENDLESS] };
  return row('night backfill', scene, 'full slices/s a process', (request) => [
    simulate(request).record.perSecond(0) / processes,
  ]);
}

function failureAtNight(): Row {
  const scene = { trace: 'night-with-a-failure', processes: 1, jobs: [ENDLESS] };
  const at = TRACES[scene.trace]!().failsOnceAt!;
  return row('one failure at night', scene, 'slices/s in the 10 / 30 / 60 s after', (request) => {
    const { slices } = simulate(request).record;
    return [10, 30, 60].map((seconds) => sum(slices.subarray(at + 1, at + 1 + seconds)) / seconds);
  });
}

function besideEndless(): Row {
  const scene = { trace: 'night', processes: 1, change: WHOLE_DAY };
  return row('a small job beside 0 / 1 / 3 endless ones', scene, 'lag p99, s', (request) =>
    [0, 1, 3].map((count) => {
      const endless = Array.from({ length: count }, (_, index) => ({ ...ENDLESS, id: `endless ${index}` }));
      return simulate({ ...request, jobs: [SMALL, ...endless] }).figures.lag.p99;
    }),
  );
}

function quickBesideWaiting(): Row {
  const scene = { trace: 'night', processes: 1, change: WHOLE_DAY };
  return row(
    'slices of 1 ms of event loop alone / beside one that waits 40 ms',
    scene,
    'slices/s',
    (request) =>
      [[QUICK], [QUICK, WAITING]].map((jobs) => simulate({ ...request, jobs }).record.perSecond(0)),
  );
}

function throttled(): Row {
  const scene = { trace: 'steady', processes: 2 };
  return row('CPU throttled in 0 / 25 / 50 / 100 % of slices', scene, 'lag p99, s', (request) =>
    [0, 0.25, 0.5, 1].map((share) => simulate({ ...request, change: { throttled: share } }).figures.lag.p99),
  );
}

function paced(processes: number): Row {
  const scene = { trace: 'night', processes, jobs: [{ ...ENDLESS, perSecond: 1 }] };
  return row('pace 1/s, endless backlog', scene, 'slices/s; questions/s', (request) => {
    const { record, figures } = simulate(request);
    return [figures.slicesPerSecond, record.questions / record.seconds];
  });
}

function smallFleet(world: string, processes: number, policy: string, declared = 0.001): Row {
  const jobs = [{ ...SELDOM, rate: declared }];
  const scene = { trace: 'steady', processes, policy, jobs, change: WHOLE_DAY };
  return row(world, scene, 'lag p99 at 1 / 10 / 100 requests/s, s', (request) =>
    [1, 10, 100].map((rate) => {
      const change = { ...request.change, traffic: () => rate };
      return simulate({ ...request, change }).figures.lag.p99;
    }),
  );
}

function fiftyJobs(): Row {
  const idle = Array.from({ length: 49 }, (_, index) => ({ ...SMALL, id: `idle ${index}`, perFleet: 0 }));
  const busy = { ...JOBS[0]!, delay: 0 };
  const what = 'lag p50 / p99, s; looks/s at the others';
  return row(
    '50 jobs, one of them busy',
    { trace: 'steady', processes: 10, jobs: [busy, ...idle] },
    what,
    (request) => {
      const { figures, record } = simulate(request);
      return [figures.lag.p50, figures.lag.p99, figures.slicesPerSecond - record.perSecond(0)];
    },
  );
}

function failingJob(): Row {
  const scene = { trace: 'night', processes: 1, options: { dutyCycle: 1 }, change: WHOLE_DAY };
  return row(
    'a job that fails always, duty cycle 1',
    scene,
    "slices/s; the small job's lag p99, s",
    (request) => {
      const { record, figures } = simulate({ ...request, jobs: [SMALL, FAILING] });
      return [record.perSecond(1), figures.lag.p99];
    },
  );
}

type Scene = Omit<Request, 'policy'> & { readonly policy?: string };

function row(
  world: string,
  scene: Scene,
  figures: string,
  measure: (request: Request) => readonly number[],
): Row {
  const { processes } = scene;
  return { world, processes, figures, measure: (seed) => measure({ policy: 'ours', ...scene, seed }) };
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The mean over seeds, and in brackets the least and the greatest where they are not the same. */
function spread(values: readonly number[]): string {
  const mean = values.reduce((total, value) => total + value, 0) / values.length;
  const [least, greatest] = [Math.min(...values), Math.max(...values)].map(figure);
  return least === greatest ? figure(mean) : `${figure(mean)} (${least} to ${greatest})`;
}

function figure(value: number): string {
  if (!Number.isFinite(value)) return 'never';
  return value.toLocaleString('en', { maximumSignificantDigits: value < 1 ? 2 : 3 });
}
