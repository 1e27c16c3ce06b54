import type { FleetStatus } from '../fleet/status.js';

/** What each worker serves beside films: a line each. */
const PAGES: readonly (readonly [what: string, path: string])[] = [
  ['Dashboard', '/work-stealing'],
  ['Metrics', '/metrics'],
  ['Health', '/health'],
];

/** Where to look, one line a page: the address at the first worker, which is any worker's. */
export function addressesOf({ workers }: Pick<FleetStatus, 'workers'>): string[] {
  const url = workers.find((worker) => worker.url !== undefined)?.url;
  return url === undefined ? [] : PAGES.map(([what, path]) => `${what}: ${url}${path}`);
}
