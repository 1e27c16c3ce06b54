import { setTimeout as pause } from 'node:timers/promises';
import type { Report } from './messages.js';
import type { Worker } from './fleet.js';

/** Timers and sockets come and go with what a process happens to do: so many more than at first are no leak. */
const SLACK = 3;
/** For so long workers are watched that nobody visits. What is let go of at any time of it, has not leaked: ms. */
const WATCHED = 6000;
/** Each has to report so often meanwhile: one that is stalled shows nothing but what it held before. */
const REPORTS = 20;
/** Whoever has reported or not: ms. */
const PATIENCE = 60_000;

/** What workers without traffic hold all the time that they did not hold at first. */
export async function leaks(workers: readonly Worker[]): Promise<string[]> {
  const least = new Map<Worker, Record<string, number>>();
  const begun = performance.now();
  const before = new Map(workers.map((worker) => [worker, worker.reports]));
  const haveReported = () => workers.every((worker) => worker.reports >= before.get(worker)! + REPORTS);
  for (let waited = 0; waited < WATCHED || (!haveReported() && waited < PATIENCE);) {
    for (const worker of workers) {
      if (worker.latest !== undefined) least.set(worker, lesser(least.get(worker), countsOf(worker.latest)));
    }
    await pause(100);
    waited = performance.now() - begun;
  }
  return workers.flatMap((worker) => leaksOf(worker, least.get(worker) ?? {}));
}

function leaksOf({ name, baseline, latest }: Worker, held: Readonly<Record<string, number>>): string[] {
  if (baseline === undefined) return [];
  return Object.entries(held).flatMap(([what, count]) => {
    if (what === 'slices in flight') {
      return count === 0
        ? []
        : [
            `${name}: ${count} slices are in flight, and nobody enlists; cut short: ${latest?.unsettled.join(', ')}`,
          ];
    }
    const before = baseline.held[what] ?? 0;
    return count > before + SLACK ? [`${name}: ${count} of ${what}; at first ${before}`] : [];
  });
}

function countsOf({ held, inFlight }: Report): Record<string, number> {
  return { ...held, 'slices in flight': inFlight };
}

/** What is missing in one of the two was not there at that time. */
function lesser(
  one: Readonly<Record<string, number>> | undefined,
  other: Readonly<Record<string, number>>,
): Record<string, number> {
  if (one === undefined) return { ...other };
  return Object.fromEntries(
    Object.entries(one).map(([what, count]) => [what, Math.min(count, other[what] ?? 0)]),
  );
}
