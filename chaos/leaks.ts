import type { Worker } from './fleet.js';

/** Timers and sockets come and go with what a process happens to do: so many more than at first are no leak. */
const SLACK = 4;

/** What workers without traffic still hold that they did not hold at first. */
export function leaks(workers: readonly Worker[]): string[] {
  return workers.flatMap(({ name, baseline, latest }) => {
    if (baseline === undefined || latest === undefined) return [];
    const found: string[] = [];
    if (latest.inFlight > 0)
      found.push(`${name}: ${latest.inFlight} slices are in flight, and nobody enlists`);
    if (latest.listeners > baseline.listeners + SLACK) {
      found.push(`${name}: ${latest.listeners} listeners; at first ${baseline.listeners}`);
    }
    for (const [type, count] of Object.entries(latest.resources)) {
      const before = baseline.resources[type] ?? 0;
      if (count > before + SLACK) found.push(`${name}: ${count} of ${type}; at first ${before}`);
    }
    return found;
  });
}
