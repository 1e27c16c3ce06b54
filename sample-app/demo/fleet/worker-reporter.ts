import type { Server } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { INestApplication } from '@nestjs/common';
import { getRecruiterToken, type Recruiter } from 'nestjs-work-stealing';
import { FilmPages } from '../../src/films/film-pages.js';
import { PageCache } from '../../src/films/page-cache.js';
import { SearchKeys } from '../../src/films/search-keys.js';
import type { Backfill } from './backfill.js';
import type { WorkerReport } from './messages.js';

/** Reports that are made at the end until Redis says what is overdue: it may stall for longer than a command may take. */
const LAST_REPORTS = 20;

/** Gathers what this worker has counted. */
export class WorkerReporter {
  readonly #recruiter: Recruiter;
  readonly #pages: FilmPages;
  readonly #cache: PageCache;
  readonly #searchKeys: SearchKeys;
  #requests = 0;

  constructor(app: INestApplication<Server>) {
    app.getHttpServer().on('request', () => this.#requests++);
    this.#recruiter = app.get<Recruiter>(getRecruiterToken());
    this.#pages = app.get(FilmPages);
    this.#cache = app.get(PageCache);
    this.#searchKeys = app.get(SearchKeys);
  }

  /** The report after which no more comes. */
  async lastReport(): Promise<WorkerReport> {
    let report = await this.report();
    for (let turn = 1; report.oldestOverdue === null && turn < LAST_REPORTS; turn++) {
      await wait(100);
      report = await this.report();
    }
    return report;
  }

  async report(): Promise<WorkerReport> {
    const [oldestOverdue, searchKeys] = await Promise.all([
      this.#cache.oldestOverdue().catch(() => null),
      this.#backfill().catch(() => null),
    ]);
    return {
      requests: this.#requests,
      hits: this.#pages.hits,
      misses: this.#pages.misses,
      enlistments: this.#recruiter.enlistments,
      jobs: this.#recruiter.jobs.map(({ id, rate, effectiveRate, counts, gatedBy, items, durations }) => {
        const sliceTime = durations?.mean ?? null;
        return { id, rate, effectiveRate, counts, gatedBy, items, sliceTime };
      }),
      oldestOverdue,
      searchKeys,
    };
  }

  async #backfill(): Promise<Backfill> {
    const { done, total = done, eta, ended } = await this.#searchKeys.progress();
    return { done, total, eta: eta === undefined ? null : Math.max(0, eta.getTime() - Date.now()), ended };
  }
}
