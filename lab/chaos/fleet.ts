import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Held, Order, Report, Told } from './messages.js';

const WORKER = new URL('worker/main.js', import.meta.url);

/** How long a worker may take to start on a busy machine: ms. */
const PATIENCE = 120_000;
/** After so many reports, of which it makes four a second, a worker has all that it needs. While it is stalled it makes none. */
const SETTLED = 20;
/** How long a worker is waited for to be in the middle of a slice: ms. */
const MID_SLICE = 5000;
/** How long a worker may take to answer a model: ms. */
const ANSWER = 30_000;

/** One process of the fleet, as its keeper sees it. */
export class Worker {
  /** Where its pages are; 0 until it is ready. */
  port = 0;
  /** Requests count only while it is up: what is sent to a process that is killed fails, as it must. */
  isUp = false;
  latest: Report | undefined;
  /** The first report after it has settled: what later ones are compared with. */
  baseline: Report | undefined;
  /** Reports so far. */
  reports = 0;

  constructor(
    readonly name: string,
    readonly process: ChildProcess,
    private readonly hear: (told: Told, worker: Worker) => void,
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

  async exited(): Promise<number | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) await once(this.process, 'exit');
    return this.process.exitCode;
  }

  #hear(told: Told): void {
    if (told.kind === 'ready') {
      this.port = told.port;
      this.isUp = true;
    }
    if (told.kind === 'report') {
      this.latest = told;
      if (++this.reports > SETTLED) this.baseline ??= told;
    }
    this.hear(told, this);
  }
}

/** How processes are started, and who hears of what must not happen in them. */
export interface FleetOptions {
  readonly environment: Readonly<Record<string, string>>;
  readonly execArgv?: readonly string[];
  onUnhandled(what: string): void;
}

/** The processes, each replaced when it ends. */
export class Fleet {
  readonly workers: Worker[] = [];
  /** Whether the fleet has to have no other load than the process that it is compared with. */
  isMeasured = false;
  /** Of processes that are gone, by job. */
  readonly #doneBefore = new Map<string, number>();
  readonly #onHeld: ((held: Held) => void)[] = [];
  readonly #onPaced: ((at: number) => void)[] = [];
  #hired = 0;

  constructor(private readonly options: FleetOptions) {}

  async hire(): Promise<Worker> {
    const worker = this.#start(`worker ${++this.#hired}`, {});
    this.workers.push(worker);
    await worker.ready();
    return worker;
  }

  /** A process beside the fleet, which serves the same pages and has nothing of work stealing. */
  async control(): Promise<Worker> {
    const worker = this.#start('control', { CONTROL: '1' });
    await worker.ready();
    return worker;
  }

  onHeld(hear: (held: Held) => void): void {
    this.#onHeld.push(hear);
  }

  onPaced(hear: (at: number) => void): void {
    this.#onPaced.push(hear);
  }

  /**
   * What one of the workers answers. Where it is killed meanwhile, another is not asked.
   *
   * @throws when it answers with an error, as it does while Redis is away.
   */
  async ask<T>(path: string, method = 'GET'): Promise<T> {
    if (this.isMeasured) throw new Error('Workers are asked nothing while their requests are measured');
    const up = this.workers.filter(({ isUp }) => isUp);
    const worker = up[Math.floor(Math.random() * up.length)];
    if (worker === undefined) throw new Error('No worker is up');
    const response = await fetch(`http://127.0.0.1:${worker.port}${path}`, {
      method,
      signal: AbortSignal.timeout(ANSWER),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${worker.name} ${path}: ${response.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  /** Slices of a job that came to an end by themselves, of all processes there have been. */
  done(job: string): number {
    return this.workers.reduce(
      (sum, { latest }) => sum + (latest?.done[job] ?? 0),
      this.#doneBefore.get(job) ?? 0,
    );
  }

  /** Of the processes that there are, so far. */
  get enlistments(): number {
    return this.workers.reduce((sum, { latest }) => sum + (latest?.enlistments ?? 0), 0);
  }

  /** Ends one in the middle of a slice, as the kernel does when memory is short, and starts another. */
  async kill(worker: Worker): Promise<void> {
    worker.isUp = false;
    const late = setTimeout(() => worker.process.kill('SIGKILL'), MID_SLICE);
    worker.order({ kind: 'die' });
    await worker.exited();
    clearTimeout(late);
    this.#forget(worker);
    await this.hire();
  }

  /**
   * Ends one as a deployment does, and starts another.
   *
   * @returns the code with which it ended.
   */
  async replace(worker: Worker): Promise<number | null> {
    this.#forget(worker);
    const exited = worker.exited();
    worker.order({ kind: 'close' });
    await this.hire();
    return exited;
  }

  stop(): void {
    for (let worker = this.workers[0]; worker !== undefined; worker = this.workers[0]) {
      this.#forget(worker);
      worker.process.kill('SIGKILL');
    }
  }

  #start(name: string, environment: Readonly<Record<string, string>>): Worker {
    const child = fork(WORKER, {
      env: { ...process.env, ...this.options.environment, ...environment },
      execArgv: [...(this.options.execArgv ?? [])],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    return new Worker(name, child, (told, worker) => this.#hear(told, worker));
  }

  #hear(told: Told, { name }: Worker): void {
    if (told.kind === 'unhandled') this.options.onUnhandled(`${name}: ${told.what}`);
    if (told.kind === 'held') for (const hear of this.#onHeld) hear(told);
    if (told.kind === 'paced') for (const hear of this.#onPaced) hear(told.at);
  }

  #forget(worker: Worker): void {
    worker.isUp = false;
    this.workers.splice(this.workers.indexOf(worker), 1);
    for (const [job, done] of Object.entries(worker.latest?.done ?? {})) {
      this.#doneBefore.set(job, (this.#doneBefore.get(job) ?? 0) + done);
    }
  }
}
