import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

const START = ['node', 'sample-app/start.mjs'];
const runs: SampleRun[] = [];

/** Ends whatever still runs: for the end of a test file. */
export async function killSampleRuns(): Promise<void> {
  for (const run of runs) run.kill('SIGKILL');
  await Promise.all(runs.map((run) => run.ended));
}

/** A run of the sample application, and what it has said so far. */
export class SampleRun {
  output = '';
  readonly ended: Promise<number | string>;
  readonly #process: ChildProcess;

  constructor(
    args: string[],
    { command = START, env = {} }: { command?: string[]; env?: NodeJS.ProcessEnv } = {},
  ) {
    const { REDIS_URL: _, ...inherited } = process.env;
    this.#process = spawn(command[0]!, [...command.slice(1), ...args], {
      env: { ...inherited, ...env },
      detached: true,
    });
    this.#process.stdout!.on('data', (data) => (this.output += String(data)));
    this.#process.stderr!.on('data', (data) => (this.output += String(data)));
    this.ended = once(this.#process, 'close').then(([code, signal]) => (code ?? signal) as number | string);
    runs.push(this);
  }

  get pid(): number {
    return this.#process.pid!;
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** As a terminal does: every process of the group gets the signal. */
  pressCtrlC(): void {
    process.kill(-this.pid, 'SIGINT');
  }

  /** Waits until it has said something like this; fails when it ends before. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.output);
      if (match !== null) return match;
      const ended = await Promise.race([this.ended, wait(50, 'running', { ref: false })]);
      if (ended !== 'running' && !pattern.test(this.output)) {
        throw new Error(`It ended (${ended}) before it said ${String(pattern)}:\n${this.output}`);
      }
    }
  }

  /** Every process that it named: its workers and its Redis. */
  get children(): number[] {
    return [...new Set([...this.output.matchAll(/pid (\d+)\)/g)].map(([, pid]) => Number(pid)))];
  }
}

/** A process that nobody has collected yet is over all the same. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch (error) {
    // Without /proc there is only the signal to tell.
    return (error as NodeJS.ErrnoException).code === 'ENOENT' && process.platform !== 'linux';
  }
}

export async function untilGone(pids: number[]): Promise<void> {
  while (pids.some(isRunning)) await wait(50);
}
