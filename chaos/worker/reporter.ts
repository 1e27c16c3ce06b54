import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Recruiter } from '../../lib/index.js';
import { WorkStealingRedis } from '../../lib/redis/index.js';
import type { Report, Told } from '../messages.js';

/** Between two reports: ms. */
const INTERVAL = 250;

/** Tells whoever runs the chaos how this worker is. */
@Injectable()
export class Reporter implements OnApplicationBootstrap, OnApplicationShutdown {
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly recruiter: Recruiter,
    private readonly redis: WorkStealingRedis,
  ) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => tell(this.#report()), INTERVAL);
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  #report(): Report {
    const { jobs, inFlight } = this.recruiter;
    const { client } = this.redis;
    // Only where the process was started with --expose-gc, for a soak.
    globalThis.gc?.();
    return {
      kind: 'report',
      done: byJob(jobs, ({ full, partial, idle }) => full + partial + idle),
      failed: byJob(jobs, ({ failed, aborted }) => failed + aborted),
      inFlight,
      resources: counted(process.getActiveResourcesInfo()),
      listeners:
        client.eventNames().reduce((sum, name) => sum + client.listenerCount(name), 0) +
        process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
      heap: process.memoryUsage().heapUsed,
      rss: process.memoryUsage.rss(),
    };
  }
}

/** Whoever is told may be gone: then this process soon is as well. */
export function tell(message: Told): void {
  if (process.connected) process.send?.(message);
}

function byJob(
  jobs: Recruiter['jobs'],
  sum: (counts: Recruiter['jobs'][number]['counts']) => number,
): Record<string, number> {
  return Object.fromEntries(jobs.map(({ id, counts }) => [id, sum(counts)]));
}

function counted(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
