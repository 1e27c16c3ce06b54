import { setTimeout as wait } from 'node:timers/promises';
import { TIME_TO_LIVE } from '../../src/films/film-page.js';
import { get } from './get.js';
import { totalOf, type FleetStatus } from './status.js';
import { WorkerProcess } from './worker-process.js';

export interface FleetOptions {
  readonly workers: number;
  readonly env: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
}

/** Visits that a worker gets, one after the other, before those that count. */
const WARM_UP_VISITS = 100;
/** ms that the warm-up takes at least: some of the likes that it cached are due by then. */
const WARM_UP = 0.6 * TIME_TO_LIVE.likes;

/** The supervisor: keeps so many workers alive and spreads visitors over them. */
export class Fleet {
  readonly #workers: readonly WorkerProcess[];
  /** Never resolves; rejects when a worker cannot be kept alive. */
  readonly failed: Promise<never>;
  #turn = 0;

  constructor({ workers, env, log }: FleetOptions) {
    let giveUp!: (error: Error) => void;
    this.failed = new Promise((_, reject) => (giveUp = reject));
    // Whoever waits for it is told; nobody waiting is no crash.
    this.failed.catch(() => {});
    this.#workers = Array.from({ length: workers }, (_, index) => {
      return new WorkerProcess({ worker: index + 1, env, log, giveUp });
    });
  }

  /** Resolves when every worker has listened once. */
  async ready(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.firstReady));
  }

  /**
   * Lets every worker compile its code while one visitor at a time asks for films: visitors who do not wait for each
   * other would pile up before a process that has only just started. Each film is asked for once, so that there are no
   * hits: whoever is recruited before anything can be due backs off, and a demo is too short to wait for that.
   *
   * @param films - those with the fewest visitors, so that few hits come of it later.
   */
  async warmUp(films: readonly number[]): Promise<void> {
    const visits = this.#workers.map(async ({ url }, index) => {
      const share = films.slice(index * WARM_UP_VISITS, (index + 1) * WARM_UP_VISITS);
      for (const film of share) await get(`${url}/films/${film}`).catch(() => {});
    });
    await Promise.all([wait(WARM_UP), ...visits]);
  }

  /** Asks one worker for the page of a film, each in its turn, and notes how long that took. Never rejects. */
  async visit(film: number): Promise<void> {
    const listening = this.#workers.filter((worker) => worker.url !== undefined);
    const worker = listening[this.#turn++ % listening.length];
    // With nobody to ask it is the next worker's loss.
    if (worker === undefined) return this.#workers[0]!.noteFailure();
    const begun = performance.now();
    try {
      await get(`${worker.url}/films/${film}`);
      worker.noteVisit(performance.now() - begun);
    } catch {
      worker.noteFailure();
    }
  }

  status(rest: Omit<FleetStatus, 'workers' | 'total'>): FleetStatus {
    const workers = this.#workers.map((worker) => worker.status);
    return { ...rest, workers, total: totalOf(workers) };
  }

  /** Resolves when no process of the fleet is left. */
  async stop(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop()));
  }
}
