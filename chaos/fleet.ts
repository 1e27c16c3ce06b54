import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Order, Report, Told } from './messages.js';

const WORKER = new URL('worker/main.js', import.meta.url);

/** How long a worker may take to start on a busy machine: ms. */
const PATIENCE = 60_000;

/** One process of the fleet, as its keeper sees it. */
export class Worker {
  /** Where its pages are; 0 until it is ready. */
  port = 0;
  /** Requests count only while it is up: what is sent to a process that is killed fails, as it must. */
  isUp = false;
  latest: Report | undefined;
  /** The first report after it has settled: what later ones are compared with. */
  baseline: Report | undefined;
  readonly startedAt = performance.now();

  constructor(
    readonly name: string,
    readonly process: ChildProcess,
    private readonly onUnhandled: (what: string) => void,
  ) {
    process.on('message', (told: Told) => this.#hear(told));
  }

  order(order: Order): void {
    if (this.process.connected) this.process.send(order);
  }

  async ready(): Promise<void> {
    const deadline = performance.now() + PATIENCE;
    while (!this.isUp) {
      if (this.process.exitCode !== null) {
        throw new Error(`${this.name} ended with ${this.process.exitCode} at its start`);
      }
      if (performance.now() > deadline) throw new Error(`${this.name} was not ready in ${PATIENCE} ms`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  #hear(told: Told): void {
    if (told.kind === 'ready') {
      this.port = told.port;
      this.isUp = true;
    } else if (told.kind === 'unhandled') this.onUnhandled(`${this.name}: ${told.what}`);
    else {
      this.latest = told;
      if (performance.now() - this.startedAt > 5000) this.baseline ??= told;
    }
  }
}

/** The processes, each replaced when it ends. */
export class Fleet {
  readonly workers: Worker[] = [];
  /** Of processes that are gone, by job. */
  readonly #doneBefore = new Map<string, number>();
  #hired = 0;

  constructor(
    private readonly environment: Readonly<Record<string, string>>,
    private readonly onUnhandled: (what: string) => void,
    private readonly execArgv: readonly string[] = [],
  ) {}

  async hire(): Promise<Worker> {
    const child = fork(WORKER, {
      env: { ...process.env, ...this.environment },
      execArgv: [...this.execArgv],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const worker = new Worker(`worker ${++this.#hired}`, child, this.onUnhandled);
    this.workers.push(worker);
    await worker.ready();
    return worker;
  }

  /** Slices of a job that came to an end by themselves, of all processes there have been. */
  done(job: string): number {
    return this.workers.reduce(
      (sum, { latest }) => sum + (latest?.done[job] ?? 0),
      this.#doneBefore.get(job) ?? 0,
    );
  }

  /** Ends one at once, as the kernel does when memory is short, and starts another. */
  async kill(worker: Worker): Promise<void> {
    this.#forget(worker);
    worker.process.kill('SIGKILL');
    await this.hire();
  }

  /**
   * Ends one as a deployment does, and starts another.
   *
   * @returns the code with which it ended.
   */
  async replace(worker: Worker): Promise<number | null> {
    this.#forget(worker);
    const exited = once(worker.process, 'exit') as Promise<[number | null]>;
    worker.order({ kind: 'close' });
    await this.hire();
    return (await exited)[0];
  }

  stop(): void {
    for (let worker = this.workers[0]; worker !== undefined; worker = this.workers[0]) {
      this.#forget(worker);
      worker.process.kill('SIGKILL');
    }
  }

  #forget(worker: Worker): void {
    worker.isUp = false;
    this.workers.splice(this.workers.indexOf(worker), 1);
    for (const [job, done] of Object.entries(worker.latest?.done ?? {})) {
      this.#doneBefore.set(job, (this.#doneBefore.get(job) ?? 0) + done);
    }
  }
}
