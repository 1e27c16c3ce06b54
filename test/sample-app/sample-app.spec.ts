import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ALERTS, emptyQueries, readDashboard } from '../support/grafana.js';
import { promtool, startPrometheus } from '../support/prometheus.js';
import { until } from '../support/fleet-process.js';
import { useRedis } from '../support/redis.js';
import { freePort } from '../../scripts/redis/free-port.mjs';
import { isRunning, killSampleRuns, SampleRun, untilGone } from '../support/sample-run.js';

const NPM_START = ['npm', 'start', '--silent', '--'];
const APPLICATION = ['node', 'sample-app/dist/sample-app/src/main.js'];
const redis = useRedis();
const folder = mkdtempSync(join(tmpdir(), 'sample-app-'));

beforeAll(async () => {
  const build = new SampleRun(['--help']);
  expect([await build.ended, build.output]).toEqual([0, expect.stringContaining('Usage: npm start')]);
}, 180_000);

afterAll(async () => {
  await killSampleRuns();
  rmSync(folder, { recursive: true });
}, 90_000);

describe('npm start -- --duration 6 --json', () => {
  it('runs a fleet on the real data, says what it came to, and leaves nothing behind', async () => {
    const json = join(folder, 'summary.json');
    const run = new SampleRun(['--duration', '6', '--requests', '100', '--json', json]);
    expect([await run.ended, run.output]).toEqual([0, expect.stringContaining('oldest overdue field')]);

    const summary = JSON.parse(readFileSync(json, 'utf8'));
    expect(summary).toMatchObject({ restarts: 0, workers: [{ worker: 1 }, { worker: 2 }] });
    expect(summary.elapsed).toBeGreaterThan(5900);
    // Of some 600: what falls into a stall of the machine is skipped.
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
      'recent-views',
      'recompute',
      'roll-up',
      'search-keys',
    ]);
    expect(run.children.filter(isRunning)).toEqual([]);
  }, 180_000);
});

describe('npm start without a duration', () => {
  it('deletes expired fields in both workers, replaces a worker that is killed, and ends cleanly at Ctrl-C', async () => {
    const json = join(folder, 'interrupted.json');
    const run = new SampleRun(['--requests', '40', '--json', json], { command: NPM_START });
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
    // A slice that the machine stalls for seconds is followed by a rest that is 19 times as long.
  }, 300_000);

  it('leaves no orphan when npm is told to end', async () => {
    const run = new SampleRun(['--no-traffic', '--workers', '1'], { command: NPM_START });
    await run.says(/worker 1 \(pid \d+\) serves/);
    run.kill('SIGTERM');
    await untilGone(run.children);
    await run.ended;
    expect(run.output).toContain('no traffic replay');
  }, 180_000);

  it('leaves no orphan when it is killed', async () => {
    const run = new SampleRun(['--no-traffic']);
    await run.says(/worker 1 \(pid \d+\) serves[^]*worker 2|worker 2 \(pid \d+\) serves[^]*worker 1/);
    run.kill('SIGKILL');
    await untilGone(run.children);
    expect(await run.ended).toBe('SIGKILL');
  }, 180_000);
});

describe('the application without the demo', () => {
  it('serves films from the Redis of REDIS_URL, and ends at SIGTERM', async () => {
    const run = new SampleRun([], { command: APPLICATION, env: { REDIS_URL: redis.url, PORT: '0' } });
    const [, films] = await run.says(/^Films: (\S+)$/m);
    expect(await (await fetch(`${films}/1`)).json()).toMatchObject({ metadata: { title: 'The Land Girls' } });
    run.kill('SIGTERM');
    expect(await run.ended).toBe('SIGTERM');
  }, 180_000);
});

describe('npm start beside a real Prometheus', () => {
  it('prints where the dashboard, metrics and health are, and has data for every panel and rule in docs', async () => {
    const run = new SampleRun(['--requests', '60']);
    const [, page] = await run.says(/^Dashboard: (\S+)$/m);
    const [, metrics] = await run.says(/^Metrics: (\S+)$/m);
    const [, health] = await run.says(/^Health: (\S+)$/m);
    expect(await (await fetch(page!)).text()).toContain('<title>Work stealing</title>');
    // Jobs whose Redis was stalled are unwell for a moment.
    const healthOf = async () => (await (await fetch(health!)).json()) as { status: string };
    await until(healthOf, ({ status }) => status === 'ok');
    expect(await promtool(['check', 'metrics'], await (await fetch(metrics!)).text())).toEqual({
      code: 0,
      output: '',
    });

    const workers = [...run.output.matchAll(/serves http:\/\/([^/]+)\/films/g)].map(([, host]) => host!);
    const prometheus = await startPrometheus({ targets: workers, rules: [ALERTS] });
    try {
      expect(await emptyQueries(prometheus, await readDashboard())).toEqual([]);
      const rules = await until(
        async () => (await prometheus.api('rules')) as { groups: { rules: { health: string }[] }[] },
        ({ groups }) => groups.every((group) => group.rules.every(({ health: seen }) => seen !== 'unknown')),
      );
      expect(rules.groups.flatMap((group) => group.rules.map((rule) => rule.health))).toEqual(
        Array(7).fill('ok'),
      );
      // A worker that is stalled for a second misses a scrape.
      await until(
        async () => (await prometheus.query('up')).map(({ value: [, value] }) => value),
        (up) => up.length === 2 && up.every((value) => value === '1'),
      );
    } finally {
      await prometheus.stop();
    }

    interface State {
      viewer: object;
      snapshot: { scope: string; totals: { processes: number }; problem: unknown };
    }
    // One that is stalled for some seconds is gone, and comes back.
    const state = await until(
      async () => (await (await fetch(`${page}/state`)).json()) as State,
      ({ snapshot }) =>
        snapshot.scope === 'fleet' && snapshot.totals.processes === 2 && snapshot.problem === null,
    );
    expect(state).toMatchObject({ viewer: { by: expect.any(String) } });
    run.kill('SIGTERM');
    expect(await run.ended).toBe(0);
  }, 400_000);

  it('shows its dashboard to nobody who was led here by the name of another site', async () => {
    const run = new SampleRun(['--no-traffic', '--workers', '1']);
    const [, page] = await run.says(/^Dashboard: (\S+)$/m);
    const { hostname, port } = new URL(page!);
    const status = await new Promise((resolve, reject) => {
      const call = get({ hostname, port, path: '/work-stealing', headers: { Host: 'evil.example' } });
      call.on('response', (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      call.on('error', reject);
    });
    expect(status).toBe(403);
    run.kill('SIGTERM');
    await run.ended;
  }, 180_000);
});

describe('npm start when something is wrong', () => {
  it('says what is wrong with the command line, and ends with 2', async () => {
    const run = new SampleRun(['--workers', 'many']);
    expect(await run.ended).toBe(2);
    expect(run.output).toContain(
      '--workers is "many"; expected a whole number from 1 to 8\nWhat there is: npm start -- --help\n',
    );
  }, 180_000);

  it('says so at once when the summary could not be written', async () => {
    const run = new SampleRun(['--json', join(folder, 'nowhere', 'summary.json')]);
    expect(await run.ended).toBe(2);
    expect(run.output).toContain('which cannot be written: ENOENT');
  }, 180_000);

  it('says what to do when there is no Redis at REDIS_URL, without a stack and without the password', async () => {
    const port = await freePort();
    const run = new SampleRun([], { env: { REDIS_URL: `redis://:s3cret@127.0.0.1:${port}` } });
    expect(await run.ended).toBe(1);
    expect(run.output).toContain(`127.0.0.1:${port}, where no Redis answers`);
    expect(run.output).toContain(`redis-server --port ${port}`);
    expect(run.output).not.toMatch(/s3cret|^\s+at /m);
  }, 180_000);

  it('says that REDIS_URL names something else than a Redis, without the password', async () => {
    const run = new SampleRun([], { env: { REDIS_URL: 'http://:s3cret@127.0.0.1' } });
    expect(await run.ended).toBe(1);
    expect(run.output).toContain('REDIS_URL begins with "http://"; expected redis://host:port');
    expect(run.output).not.toMatch(/s3cret|^\s+at /m);
  }, 180_000);
});
