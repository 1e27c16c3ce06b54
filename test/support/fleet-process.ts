import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { JobOptions } from 'nestjs-work-stealing';
import type { Fleet } from 'nestjs-work-stealing/fleet';

/** What an application of test/support/workers/fleet.mjs is made of. */
export interface FleetAppOptions {
  url?: string;
  nodes?: readonly { host: string; port: number }[];
  /** Settings of its client of Redis. */
  client?: object;
  prefix?: string;
  fleet?: false | { interval?: number; version?: string };
  jobs: readonly (readonly [id: string, options: number | JobOptions])[];
  quiet?: boolean;
}

type JobState = [id: string, rate: number, paused: boolean];

/** What it does besides being a fleet's service. */
interface Extras {
  /** Opens an application; the one before has to be closed. */
  open(options: FleetAppOptions): Promise<void>;
  close(): Promise<void>;
  scope(): Promise<string>;
  /** When nobody had been recruited yet. */
  atOpening(): Promise<JobState[]>;
  rates(): Promise<JobState[]>;
  ran(): Promise<Record<string, number>>;
  recruit(id: string): Promise<string>;
  /** From now on its jobs fail. */
  fail(): Promise<void>;
  /** From now on they do not. */
  heal(): Promise<void>;
  install(id: string, options: number | JobOptions): Promise<void>;
  enlist(times: number): Promise<void>;
}

interface Answer {
  readonly call?: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** So often is asked again where a process, or its Redis, was stalled for longer than the fleet waits for an answer. */
const ATTEMPTS = 3;

/** A process in which one application after the other is opened: starting a process takes longer than most tests. */
export class FleetProcess {
  output = '';
  #calls = 0;
  readonly #answers = new Map<number, (answer: Answer) => void>();

  private constructor(private readonly child: ChildProcess) {
    child.once('exit', (code, signal) => {
      const error = `It ended with ${String(code ?? signal)}: ${this.output}`;
      for (const answer of this.#answers.values()) answer({ error });
    });
    child.on('message', (answer: Answer) => this.#answers.get(answer.call ?? -1)?.(answer));
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (text: Buffer) => (this.output += text.toString()));
    }
  }

  static async start(lib: string): Promise<FleetProcess> {
    const file = join(import.meta.dirname, 'workers/fleet.mjs');
    const child = fork(file, [lib], {
      serialization: 'advanced',
      silent: true,
      execArgv: [],
    });
    const started = new FleetProcess(child);
    const ended = once(child, 'exit').then(() => {
      throw new Error(`It ended before it was ready: ${started.output}`);
    });
    await Promise.race([once(child, 'message'), ended]);
    ended.catch(() => undefined);
    return started;
  }

  get isAlive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Its {@link Fleet} and more, by messages. */
  get fleet(): Omit<Fleet, 'scope'> & Extras {
    return new Proxy({} as Omit<Fleet, 'scope'> & Extras, {
      get: (_target, name) =>
        name === 'then' ? undefined : (...args: unknown[]) => this.#call(String(name), args),
    });
  }

  /** Ends it without a word. */
  async kill(): Promise<void> {
    if (!this.isAlive) return;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }

  async #call(name: string, args: readonly unknown[], attempt = 1): Promise<unknown> {
    const call = this.#calls++;
    const answered = new Promise<Answer>((resolve) => this.#answers.set(call, resolve));
    this.child.send({ call, name, args });
    const { result, error } = await answered;
    if (error === undefined) return result;
    if (error.startsWith('FleetUnavailableError') && attempt < ATTEMPTS)
      return this.#call(name, args, attempt + 1);
    throw new Error(error);
  }
}

/** Waits until something is so; what it threw or was last is in the error. */
export async function until<T>(
  look: () => Promise<T>,
  isSo: (seen: T) => boolean,
  patience = 60_000,
): Promise<T> {
  const deadline = performance.now() + patience;
  for (;;) {
    const seen = await look();
    if (isSo(seen)) return seen;
    if (performance.now() > deadline) throw new Error(`It was not so in time, but ${JSON.stringify(seen)}`);
    await pause(20);
  }
}
