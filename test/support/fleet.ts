import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { SeededRandom } from 'nestjs-work-stealing/testing';
import { compileLib, type CompiledLib } from './compile-lib.js';

/** Longest pause between two kills: ms. */
const KILL_PAUSE = 60;
/** Pause between two looks at whether the work is done: ms. */
const LOOK_PAUSE = 20;

/** What a fleet does and how it suffers. */
export interface FleetOptions {
  /** A file in test/workers: it says "ready" on a line, then works until it is killed. */
  worker: string;
  /** Handed to each process after the folder of the compiled library. */
  args: readonly string[];
  /** Processes at once. @default 8 */
  size?: number;
  /** How many of them are killed with SIGKILL, one after the other, each replaced at once. @default 8 */
  kills?: number;
  /** For the pauses and the victims. */
  seed: number;
}

/** Processes that work on the same data while some of them are killed at any moment. */
export class Fleet {
  readonly #random: SeededRandom;
  readonly #workers: ChildProcess[] = [];
  #errors = '';

  private constructor(
    private readonly lib: CompiledLib,
    private readonly options: FleetOptions,
  ) {
    this.#random = new SeededRandom(options.seed);
  }

  /** Starts all, kills as many as were asked for, and leaves the last ones at work. */
  static async suffer(options: FleetOptions): Promise<Fleet> {
    const fleet = new Fleet(await compileLib(), options);
    try {
      await Promise.all(Array.from({ length: options.size ?? 8 }, () => fleet.#hire()));
      const replaced = [];
      for (let kill = 0; kill < (options.kills ?? 8); kill++) replaced.push(await fleet.#killOne());
      await Promise.all(replaced.map(({ ready }) => ready));
      return fleet;
    } catch (error) {
      await fleet.stop();
      throw error;
    }
  }

  /** Waits until the work is done. */
  async until(isDone: () => Promise<boolean>, patience = 60_000): Promise<void> {
    const deadline = performance.now() + patience;
    while (!(await isDone())) {
      if (performance.now() > deadline) throw new Error(`The fleet is not done. It said: ${this.#errors}`);
      await pause(LOOK_PAUSE);
    }
  }

  /** Kills all that are left. */
  async stop(): Promise<void> {
    await Promise.all(this.#workers.splice(0).map(dismiss));
    await this.lib.remove();
  }

  /** The next victim need not wait for the one that replaces this one. */
  async #killOne(): Promise<{ ready: Promise<void> }> {
    await pause(this.#random.next() * KILL_PAUSE);
    const [victim] = this.#workers.splice(Math.floor(this.#random.next() * this.#workers.length), 1);
    await dismiss(victim!);
    const ready = this.#hire();
    ready.catch(() => undefined);
    return { ready };
  }

  async #hire(): Promise<void> {
    const file = join(import.meta.dirname, 'workers', this.options.worker);
    const worker = spawn(process.execPath, [file, this.lib.folder, ...this.options.args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#workers.push(worker);
    worker.stderr.on('data', (text: Buffer) => (this.#errors += text.toString()));
    const ready = once(createInterface(worker.stdout), 'line');
    const ended = once(worker, 'exit').then(([code, signal]) => {
      // One that is killed while it starts is no failure.
      if (signal === null) {
        throw new Error(`A worker ended with code ${String(code)} before it was ready: ${this.#errors}`);
      }
    });
    await Promise.race([ready, ended]);
    ended.catch(() => undefined);
  }
}

async function dismiss(worker: ChildProcess): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return;
  const gone = once(worker, 'exit');
  worker.kill('SIGKILL');
  await gone;
}
