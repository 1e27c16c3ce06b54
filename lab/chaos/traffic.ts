import { Agent, get } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { SeededRandom } from 'nestjs-work-stealing/testing';
import type { Fleet, Worker } from './fleet.js';

/** Films of the sample, and keys of pages. */
const IDS = { film: 100, page: 1000, cached: 20 };
/** What is asked for: both are there in the fleet and in the process that is compared with it. */
const COMPARED = ['page', 'film'] as const;
type Compared = (typeof COMPARED)[number];

/** How long a request may take, on a machine that may stall for seconds: ms. */
const ANSWER = 60_000;

/** How hard clients ask. */
export interface TrafficOptions {
  /** Requests that one worker gets at a time. */
  readonly concurrency: number;
  /** Longest pause of a client between two requests: ms. */
  readonly longestPause: number;
}

/** What requests took in one stretch of time, in the fleet and in the process without the module: ms. */
export class Latencies {
  readonly fleet: Record<Compared, number[]> = { page: [], film: [] };
  readonly control: Record<Compared, number[]> = { page: [], film: [] };

  add(other: Latencies): void {
    for (const kind of COMPARED) {
      this.fleet[kind].push(...other.fleet[kind]);
      this.control[kind].push(...other.control[kind]);
    }
  }
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
    /** The process without the module, if there is one. */
    private readonly control: Worker | undefined,
    private readonly random: SeededRandom,
    private readonly options: TrafficOptions,
  ) {}

  /** Serves new workers as well; call it now and then. */
  reach(): void {
    for (const worker of [...this.fleet.workers, ...(this.control === undefined ? [] : [this.control])]) {
      if (!worker.isUp || this.#clients.has(worker)) continue;
      const clients = Array.from({ length: this.options.concurrency }, () => this.#visit(worker));
      this.#clients.set(worker, Promise.all(clients));
    }
    for (const worker of this.#clients.keys()) if (!worker.isUp) this.#clients.delete(worker);
  }

  /** From now on, latencies are kept; returns what ends it. */
  measure(): () => Latencies {
    const stretch = new Latencies();
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
      const kind = this.#kindFor(worker);
      const path = `/${kind === 'film' ? 'films' : kind}/${1 + Math.floor(this.random.next() * IDS[kind])}`;
      const begun = performance.now();
      try {
        await this.#ask(worker.port, path);
        this.requests++;
        if (kind !== 'cached') this.#note(worker, kind, performance.now() - begun);
      } catch (error) {
        if (worker.isUp) this.failures.push(`${worker.name} ${path}: ${String(error)}`);
      }
      await pause(this.random.next() * this.options.longestPause);
    }
  }

  #kindFor(worker: Worker): Compared | 'cached' {
    const drawn = this.random.next();
    if (drawn < 0.1 && worker !== this.control) return 'cached';
    return drawn < 0.6 ? 'page' : 'film';
  }

  #note(worker: Worker, kind: Compared, latency: number): void {
    this.#stretch?.[worker === this.control ? 'control' : 'fleet'][kind].push(latency);
  }

  #ask(port: number, path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const options = { port, path, host: '127.0.0.1', agent: this.#agent, timeout: ANSWER };
      const request = get(options, (response) => {
        response.resume();
        response.on('end', () =>
          response.statusCode === 200 ? resolve() : reject(new Error(`status ${response.statusCode}`)),
        );
        response.on('error', reject);
      });
      request.on('timeout', () => request.destroy(new Error(`no answer in ${ANSWER} ms`)));
      request.on('error', reject);
    });
  }
}
