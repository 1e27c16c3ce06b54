import { totalOf, type FleetStatus } from './status.js';
import { WorkerProcess } from './worker-process.js';

export interface FleetOptions {
  readonly workers: number;
  readonly env: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
}

/** ms after which a visitor gives up. */
const PATIENCE = 5000;

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

  /** Asks one worker for the page of a film, each in its turn, and notes how long that took. Never rejects. */
  async visit(film: number): Promise<void> {
    const listening = this.#workers.filter((worker) => worker.url !== undefined);
    const worker = listening[this.#turn++ % listening.length];
    // With nobody to ask it is the next worker's loss.
    if (worker === undefined) return this.#workers[0]!.noteFailure();
    const begun = performance.now();
    try {
      const response = await fetch(`${worker.url}/films/${film}`, { signal: AbortSignal.timeout(PATIENCE) });
      await response.arrayBuffer();
      if (!response.ok) throw new Error(response.statusText);
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
