import { Agent, get } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { SeededRandom } from '../lib/testing/index.js';
import type { Fleet, Worker } from './fleet.js';

/** Requests that one worker gets at a time. */
const CONCURRENCY = 4;
/** Longest pause of a client between two requests: ms. */
const LONGEST_PAUSE = 24;

/** What a page with enlisting and one without took, in one stretch of time: ms. */
export interface Latencies {
  readonly bare: number[];
  readonly page: number[];
}

/** Clients that ask every worker for pages, and hold that none may fail. */
export class Traffic {
  readonly failures: string[] = [];
  requests = 0;
  readonly #agent = new Agent({ keepAlive: true });
  #isOn = true;
  readonly #clients = new Map<Worker, Promise<unknown>>();
  #stretch: Latencies | undefined;

  constructor(
    private readonly fleet: Fleet,
    private readonly random: SeededRandom,
  ) {}

  /** Serves new workers as well; call it now and then. */
  reach(): void {
    for (const worker of this.fleet.workers) {
      if (!worker.isUp || this.#clients.has(worker)) continue;
      const clients = Array.from({ length: CONCURRENCY }, () => this.#visit(worker));
      this.#clients.set(worker, Promise.all(clients));
    }
    for (const worker of this.#clients.keys()) if (!worker.isUp) this.#clients.delete(worker);
  }

  /** From now on, latencies are kept apart; returns what ends it. */
  measure(): () => Latencies {
    const stretch: Latencies = { bare: [], page: [] };
    this.#stretch = stretch;
    return () => {
      this.#stretch = undefined;
      return stretch;
    };
  }

  async stop(): Promise<void> {
    this.#isOn = false;
    await Promise.all(this.#clients.values());
    this.#agent.destroy();
  }

  async #visit(worker: Worker): Promise<void> {
    while (this.#isOn && worker.isUp) {
      const kind = this.random.next() < 0.5 ? 'bare' : 'page';
      const id = Math.floor(this.random.next() * 1000);
      const begun = performance.now();
      try {
        await this.#ask(worker.port, `/${kind}/${id}`);
        this.requests++;
        this.#stretch?.[kind].push(performance.now() - begun);
      } catch (error) {
        if (worker.isUp) this.failures.push(`${worker.name} /${kind}/${id}: ${String(error)}`);
      }
      await pause(this.random.next() * LONGEST_PAUSE);
    }
  }

  #ask(port: number, path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const options = { port, path, host: '127.0.0.1', agent: this.#agent, timeout: 10_000 };
      const request = get(options, (response) => {
        response.resume();
        response.on('end', () =>
          response.statusCode === 200 ? resolve() : reject(new Error(`status ${response.statusCode}`)),
        );
        response.on('error', reject);
      });
      request.on('timeout', () => request.destroy(new Error('no answer in 10 s')));
      request.on('error', reject);
    });
  }
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
