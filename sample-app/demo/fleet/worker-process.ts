import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Latencies } from './latencies.js';
import type { StopMessage, WorkerMessage, WorkerReport } from './messages.js';
import { RecentRate } from './recent-rate.js';
import type { WorkerStatus } from './status.js';
import { sumReports } from './sum-reports.js';

const WORKER = fileURLToPath(new URL('./worker.js', import.meta.url));

/** How often in a row a process may end before it listens, until its worker is given up. */
const MOST_FAILED_STARTS = 3;
/** ms before a worker that died is started again. */
const PAUSE = 300;
/** ms that a worker has for closing before it is killed. */
const LONGEST_STOP = 30_000;
export interface WorkerOptions {
  /** From 1. */
  readonly worker: number;
  /** What the process finds in its environment, beside ours. */
  readonly env: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
  /** Called when its processes keep ending before they listen. */
  readonly giveUp: (error: Error) => void;
}

/** One worker of the fleet: a process that is replaced when it dies, and what all its processes have counted. */
export class WorkerProcess {
  /** Resolves when it listens for the first time. */
  readonly firstReady: Promise<void>;

  readonly #latencies = new Latencies();
  readonly #requestRate = new RecentRate();
  #failedRequests = 0;
  #child: ChildProcess | undefined;
  #pid: number | undefined;
  #listening = false;
  /** Kept from one process to the next, so that the address in your shell's history stays right. */
  #port = 0;
  #failedStarts = 0;
  #restarts = 0;
  #stopping = false;
  /** What earlier processes have counted. */
  #before: WorkerReport = sumReports([]);
  #report: WorkerReport = sumReports([]);
  #restart: NodeJS.Timeout | undefined;
  #becomeReady!: () => void;

  constructor(private readonly options: WorkerOptions) {
    this.firstReady = new Promise((resolve) => (this.#becomeReady = resolve));
    this.#start();
  }

  /** Where it listens; undefined while it does not. */
  get url(): string | undefined {
    return this.#listening ? this.#address : undefined;
  }

  get status(): WorkerStatus {
    return {
      ...sumReports([this.#before, this.#report]),
      // Of a process that is gone nothing waits any more, whatever it said last.
      oldestOverdue: this.#report.oldestOverdue,
      ...this.#latencies.percentiles,
      worker: this.options.worker,
      pid: this.#listening || this.#stopping ? this.#pid : undefined,
      url: this.#address,
      latencies: this.#latencies,
      requestsPerSecond: this.#requestRate.perSecond,
      failedRequests: this.#failedRequests,
      restarts: this.#restarts,
    };
  }

  /** A visitor has had a page, after so many ms. */
  noteVisit(duration: number): void {
    this.#latencies.record(duration);
  }

  /** A visitor has had none. */
  noteFailure(): void {
    this.#failedRequests++;
  }

  /** Asks it for a last report and to close; resolves when its process is gone. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restart);
    const child = this.#child;
    if (child === undefined) return;
    const gone = once(child, 'exit');
    // A process that has not yet loaded its code ignores messages; a signal it does not.
    if (!this.#listening || !child.connected) child.kill('SIGTERM');
    else child.send({ kind: 'stop' } satisfies StopMessage, () => {});
    const late = setTimeout(() => child.kill('SIGKILL'), LONGEST_STOP);
    await gone;
    clearTimeout(late);
  }

  get #address(): string | undefined {
    return this.#port === 0 ? undefined : `http://127.0.0.1:${this.#port}`;
  }

  #start(): void {
    const { worker, env } = this.options;
    const child = fork(WORKER, [], {
      env: { ...process.env, ...env, WORKER: String(worker), PORT: String(this.#port) },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child = child;
    this.#pid = child.pid;
    for (const stream of [child.stdout, child.stderr]) this.#passOn(stream!);
    child.on('message', (message) => this.#hear(message as WorkerMessage));
    child.on('error', (error) => this.options.log(`worker ${worker}: ${error.message}`));
    child.once('exit', (code, signal) => this.#ended(signal ?? `code ${code}`));
  }

  #passOn(stream: Readable): void {
    createInterface({ input: stream }).on('line', this.options.log);
  }

  #hear(message: WorkerMessage): void {
    if (message.kind === 'ready') {
      this.#port = message.port;
      this.#listening = true;
      this.#failedStarts = 0;
      this.options.log(`worker ${this.options.worker} (pid ${this.#pid}) serves ${this.#address}/films`);
      this.#becomeReady();
    } else {
      this.#report = message.report;
      this.#requestRate.add(message.report.requests, performance.now());
    }
  }

  #ended(how: string): void {
    const { worker, log, giveUp } = this.options;
    this.#child = undefined;
    if (!this.#listening) this.#failedStarts++;
    this.#listening = false;
    if (this.#stopping) return;
    if (this.#failedStarts === MOST_FAILED_STARTS) {
      giveUp(new Error(`Worker ${worker} ended ${this.#failedStarts} times before it could serve (${how}).`));
      return;
    }
    this.#before = sumReports([this.#before, this.#report]);
    this.#report = sumReports([]);
    this.#restarts++;
    log(`worker ${worker} ended (${how}); another process takes its place`);
    this.#restart = setTimeout(() => this.#start(), PAUSE);
  }
}
