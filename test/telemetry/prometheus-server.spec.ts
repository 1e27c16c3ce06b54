import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { compileLib, type CompiledLib } from '../support/compile-lib.js';
import { until } from '../support/fleet-process.js';
import { ALERTS, ALERT_TESTS, answerOf, emptyQueries, filledIn, readDashboard } from '../support/grafana.js';
import { promtool, startPrometheus } from '../support/prometheus.js';

describe('The rules and the dashboard in docs', () => {
  it('are rules that promtool accepts, each of which fires in a test and stays silent in another', async () => {
    expect(await promtool(['check', 'rules', ALERTS])).toMatchObject({ code: 0 });
    expect(await promtool(['test', 'rules', ALERT_TESTS])).toMatchObject({ code: 0 });
    const [text, rules] = await Promise.all([readFile(ALERT_TESTS, 'utf8'), readFile(ALERTS, 'utf8')]);
    for (const [, name] of rules.matchAll(/alert: (\w+)/g)) expect(text).toContain(`alertname: ${name}`);
  }, 60_000);

  it('is a dashboard whose panels ask the data source that its reader chooses', async () => {
    const { uid, title, schemaVersion, templating, panels } = await readDashboard();
    expect([uid, title]).toEqual(['nestjs-work-stealing', 'Work stealing']);
    expect(schemaVersion).toBeGreaterThanOrEqual(36);
    expect(templating.list.map(({ name, type }) => [name, type])).toEqual([
      ['datasource', 'datasource'],
      ['recruiter', 'query'],
      ['job_label', 'custom'],
      ['job', 'query'],
    ]);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const { datasource, targets, gridPos } of panels) {
      expect(datasource).toEqual({ type: 'prometheus', uid: '${datasource}' });
      expect(targets.length).toBeGreaterThan(0);
      for (const target of targets) expect(target.datasource).toEqual(datasource);
      expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    }
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });
});

describe('A real Prometheus that scrapes an application', () => {
  let lib: CompiledLib;
  let worker: ChildProcess;
  let port: number;
  let prometheus: Awaited<ReturnType<typeof startPrometheus>>;

  beforeAll(async () => {
    lib = await compileLib();
    worker = fork(join(import.meta.dirname, '../support/workers/prometheus.mjs'), [lib.folder]);
    [port] = (await once(worker, 'message')) as [number];
    prometheus = await startPrometheus({ targets: [`127.0.0.1:${port}`], rules: [ALERTS] });
  }, 120_000);
  afterAll(async () => {
    await prometheus?.stop();
    worker?.kill('SIGKILL');
    await lib?.remove();
  });

  it('finds ours beside those of @willsoto/nestjs-prometheus, and promtool nothing to object to', async () => {
    const response = await fetch(`http://127.0.0.1:${port}/metrics`);
    const text = await response.text();
    expect(text).toContain('process_cpu_seconds_total{service="shop"}');
    expect(text).toMatch(/^work_stealing_slices_total\{.*service="shop".*job="behind".*\} \d+$/m);
    const ours = text.split('\n\n').filter((block) => block.includes('work_stealing_'));
    expect(await promtool(['check', 'metrics'], `${ours.join('\n')}\n`)).toEqual({ code: 0, output: '' });
  });

  it('has data for every panel of the dashboard, by the jobs of the recruiter', async () => {
    const dashboard = await readDashboard();
    expect(await emptyQueries(prometheus, dashboard)).toEqual([]);
    const grouped = dashboard.panels
      .flatMap(({ targets }) => targets)
      .filter(({ expr }) => /by \(\$job_label\)/.test(expr));
    expect(grouped.length).toBeGreaterThan(0);
    for (const { expr } of grouped) {
      const answer = await answerOf(prometheus, filledIn(expr));
      // Otherwise it would be Prometheus' own job.
      const job = /_pass_|_period_/.test(expr) ? 'purge' : 'behind';
      expect(JSON.stringify(answer)).toContain(`"${job}"`);
    }
  }, 300_000);

  it('evaluates every alert without an error, and sees the job that does nothing starve', async () => {
    let starving: string[] = [];
    for (const deadline = performance.now() + 60_000; starving.length < 2 && performance.now() < deadline;) {
      await sleep(100);
      const result = await prometheus.query('ALERTS{alertname="WorkStealingJobStarving"}');
      starving = result.map(({ metric }) => `${metric.job} ${metric.alertstate}`).sort();
    }
    expect(starving).toEqual(['done pending', 'failing pending']);
    const rulesNow = async () => {
      const { groups } = (await prometheus.api('rules')) as {
        groups: { rules: { name: string; health: string; lastError?: string }[] }[];
      };
      return groups.flatMap((group) => group.rules);
    };
    // Those of other groups may not have been evaluated yet.
    const rules = await until(rulesNow, (seen) => seen.every(({ health }) => health !== 'unknown'));
    expect(rules).toHaveLength(7);
    for (const { name, health, lastError } of rules)
      expect([name, health, lastError]).toEqual([name, 'ok', undefined]);
  }, 180_000);
});
