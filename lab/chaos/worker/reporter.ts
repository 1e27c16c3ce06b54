import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Recruiter } from 'nestjs-work-stealing';
import { WorkStealingRedis } from 'nestjs-work-stealing/redis';
import type { Report } from '../messages.js';
import { tell } from './tell.js';
import { waitingTimers } from './timers.js';

/** Between two reports: ms. */
const INTERVAL = 250;
/** Reports from one collection of garbage to the next. */
const COLLECTING = 20;

/** Tells whoever runs the chaos how this worker is. */
@Injectable()
export class Reporter implements OnApplicationBootstrap, OnApplicationShutdown {
  #timer: NodeJS.Timeout | undefined;
  #unsettled: string[] = [];
  #reports = 0;
  #heap = 0;

  constructor(
    private readonly recruiter: Recruiter,
    private readonly redis: WorkStealingRedis,
  ) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => tell(this.#report()), INTERVAL);
    this.recruiter.on('slice', (report) => {
      if (report.outcome !== 'aborted' || report.settled) return;
      this.#unsettled = [...this.#unsettled.slice(-9), `${report.jobId} at ${report.startedAt}`];
    });
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  #report(): Report {
    const { jobs, inFlight, enlistments } = this.recruiter;
    const { client } = this.redis;
    if (this.#reports++ % COLLECTING === 0) {
      // Only where the process was started with --expose-gc, for a soak.
      globalThis.gc?.();
      this.#heap = process.memoryUsage().heapUsed;
    }
    return {
      kind: 'report',
      done: Object.fromEntries(
        jobs.map(({ id, counts }) => [id, counts.full + counts.partial + counts.idle]),
      ),
      rates: Object.fromEntries(jobs.map(({ id, rate }) => [id, rate])),
      enlistments,
      inFlight,
      unsettled: this.#unsettled,
      held: {
        ...counted(process.getActiveResourcesInfo()),
        'timers of JavaScript': waitingTimers(),
        'listeners of the client': listenersOf(client),
        'listeners of the process': listenersOf(process),
      },
      heap: this.#heap,
      rss: process.memoryUsage.rss(),
    };
  }
}

function listenersOf(emitter: NodeJS.EventEmitter): number {
  return emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0);
}

function counted(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
