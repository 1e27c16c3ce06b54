import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Recruiter, type Job } from 'nestjs-work-stealing';
import { FleetService } from 'nestjs-work-stealing/fleet';
import { EarlyRefreshCache } from 'nestjs-work-stealing/cache';

/** From one id to the next: ms. */
const INTERVAL = 50;
/** Long enough that the fleet, the dashboard and the exporters see a job: ms. */
const INSTALLED = 1500;
/** Of the ids, one in so many is given a rate for the fleet, and loses it again. */
const ORDERED = 20;

/** Installs, for as long as the worker lives, jobs that fail, and caches values that cannot be made, all under ids that are new each time. */
@Injectable()
export class MadeUpIds implements OnApplicationBootstrap, OnApplicationShutdown {
  #timer: NodeJS.Timeout | undefined;
  readonly #installed = new Set<NodeJS.Timeout>();
  #count = 0;

  constructor(
    private readonly recruiter: Recruiter,
    private readonly fleet: FleetService,
    @Inject(EarlyRefreshCache) private readonly cache: EarlyRefreshCache,
  ) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => void this.#use(`made-up-${process.pid}-${++this.#count}`), INTERVAL);
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
    for (const timer of this.#installed) clearTimeout(timer);
  }

  /** What Redis is too slow for is of no interest here: what is kept of it all is. */
  async #use(id: string): Promise<void> {
    const uninstall = this.recruiter.install(failing(id), id, 0.0001);
    const timer = setTimeout(() => {
      this.#installed.delete(timer);
      uninstall();
    }, INSTALLED);
    this.#installed.add(timer);
    await this.recruiter.recruit(id);
    const unavailable = () => Promise.reject(new Error(`no value for ${id}`));
    await this.cache.get(id, unavailable, { ttl: 1000 }).catch(() => undefined);
    await this.cache.get(`${id}-made`, async () => id, { ttl: 1000 }).catch(() => undefined);
    if (this.#count % ORDERED !== 0) return;
    await this.fleet.setRate({ id }, 0.0002, 'soak').catch(() => undefined);
    await this.fleet.resetRate({ id }, 'soak').catch(() => undefined);
  }
}

/** The message is so long that what is kept of it must be cut off, and not only look so. */
function failing(id: string): Job {
  return {
    recruited: () => {
      throw new Error(`${id}\n${'is away '.repeat(10_000)}`);
    },
    backlog: () => 1,
  };
}
