import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const START = ['node', 'sample-app/start.mjs'];
const NPM_START = ['npm', 'start', '--silent', '--'];
const folder = mkdtempSync(join(tmpdir(), 'sample-app-'));
const runs: Run[] = [];

/** A run of the sample application, and what it has said so far. */
class Run {
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
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch (error) {
    // Without /proc there is only the signal to tell.
    return (error as NodeJS.ErrnoException).code === 'ENOENT' && process.platform !== 'linux';
  }
}

async function untilGone(pids: number[]): Promise<void> {
  while (pids.some(isRunning)) await wait(50);
}

beforeAll(async () => {
  const build = new Run(['--help']);
  expect([await build.ended, build.output]).toEqual([0, expect.stringContaining('Usage: npm start')]);
}, 180_000);

afterAll(async () => {
  for (const run of runs) run.kill('SIGKILL');
  await Promise.all(runs.map((run) => run.ended));
  rmSync(folder, { recursive: true });
}, 30_000);

describe('npm start -- --duration 6 --json', () => {
  it('runs a fleet on the real data, says what it came to, and leaves nothing behind', async () => {
    const json = join(folder, 'summary.json');
    const run = new Run(['--duration', '6', '--requests', '40', '--json', json]);
    expect([await run.ended, run.output]).toEqual([0, expect.stringContaining('oldest overdue field')]);

    const summary = JSON.parse(readFileSync(json, 'utf8'));
    expect(summary).toMatchObject({ restarts: 0, workers: [{ worker: 1 }, { worker: 2 }] });
    expect(summary.elapsed).toBeGreaterThan(5900);
    expect(summary.requests).toBeGreaterThan(100);
    expect(summary.hitRatio).toBeGreaterThan(0);
    expect(summary.hitRatio).toBeLessThan(1);
    expect(summary.p99).toBeGreaterThanOrEqual(summary.p50);
    // A hit enlists, a miss does not.
    expect(summary.enlisted).toBe(Math.round(summary.hitRatio * summary.requests));
    for (const key of ['requests', 'enlisted', 'reaped']) {
      expect(summary.workers[0][key] + summary.workers[1][key]).toBe(summary[key]);
    }
    expect(Object.keys(summary.jobs).sort()).toEqual([
      'expiry',
      'pending',
      'recompute',
      'roll-up',
      'search-keys',
    ]);
    expect(run.children.filter(isRunning)).toEqual([]);
  }, 90_000);
});

describe('npm start without a duration', () => {
  it('deletes expired fields in both workers, replaces a worker that is killed, and ends cleanly at Ctrl-C', async () => {
    const json = join(folder, 'interrupted.json');
    const run = new Run(['--requests', '40', '--json', json], { command: NPM_START });
    const [, first, url] = await run.says(/worker 1 \(pid (\d+)\) serves (\S+)/);
    const page = await (await fetch(`${url}/1`)).json();
    expect(page).toMatchObject({ metadata: { id: 1, title: 'The Land Girls' }, likes: expect.any(Number) });
    await run.says(/recruited expiry [1-9].* roll-up [1-9].* reaped [1-9][\d,]* \+ [1-9]/);
    const popular = await (await fetch(`${url}/popular?limit=1`)).json();
    expect(popular).toEqual([
      {
        id: expect.any(Number),
        title: expect.any(String),
        releasedOn: expect.any(String),
        views: expect.any(Number),
      },
    ]);

    process.kill(Number(first), 'SIGKILL');
    await run.says(/worker 1 ended \(SIGKILL\); another process takes its place/);
    const [, , again] = await run.says(/ended[^]*worker 1 \(pid (\d+)\) serves (\S+)/);
    expect(again).toBe(url);
    expect((await fetch(`${url}/1`)).status).toBe(200);

    run.pressCtrlC();
    expect(await run.ended).toBe(0);
    const summary = JSON.parse(readFileSync(json, 'utf8'));
    expect(summary).toMatchObject({ restarts: 1, workers: [{ restarts: 1 }, { restarts: 0 }] });
    expect(summary.workers[0].reaped).toBeGreaterThan(0);
    expect(summary.workers[1].reaped).toBeGreaterThan(0);
    expect(summary).toHaveProperty('oldestOverdue');
    expect(run.children).toHaveLength(4);
    expect(run.children.filter(isRunning)).toEqual([]);
  }, 120_000);

  it('leaves no orphan when npm is told to end', async () => {
    const run = new Run(['--no-traffic', '--workers', '1'], { command: NPM_START });
    await run.says(/worker 1 \(pid \d+\) serves/);
    run.kill('SIGTERM');
    await untilGone(run.children);
    await run.ended;
    expect(run.output).toContain('no traffic replay');
  }, 60_000);

  it('leaves no orphan when it is killed', async () => {
    const run = new Run(['--no-traffic']);
    await run.says(/worker 1 \(pid \d+\) serves[^]*worker 2|worker 2 \(pid \d+\) serves[^]*worker 1/);
    run.kill('SIGKILL');
    await untilGone(run.children);
    expect(await run.ended).toBe('SIGKILL');
  }, 60_000);
});

describe('npm start when something is wrong', () => {
  it('says what is wrong with the command line, and ends with 2', async () => {
    const run = new Run(['--workers', 'many']);
    expect(await run.ended).toBe(2);
    expect(run.output).toContain(
      '--workers is "many"; expected a whole number from 1 to 8\nWhat there is: npm start -- --help\n',
    );
  }, 60_000);

  it('says so at once when the summary could not be written', async () => {
    const run = new Run(['--json', join(folder, 'nowhere', 'summary.json')]);
    expect(await run.ended).toBe(2);
    expect(run.output).toContain('which cannot be written: ENOENT');
  }, 60_000);

  it('says what to do when there is no Redis at REDIS_URL, without a stack and without the password', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const run = new Run([], { env: { REDIS_URL: `redis://:s3cret@127.0.0.1:${port}` } });
    expect(await run.ended).toBe(1);
    expect(run.output).toContain(`127.0.0.1:${port}, where no Redis answers`);
    expect(run.output).toContain(`redis-server --port ${port}`);
    expect(run.output).not.toMatch(/s3cret|^\s+at /m);
  }, 60_000);
});
