import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { transformSync } from '@swc/core';
import { Recruiter } from '../../lib/recruiter/recruiter.js';
import { EventLoopProbe } from '../../lib/recruiter/utilization.js';

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function spin(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** Enlists every few ms for `ms`, with the event loop busy for `share` of the time. */
async function serve(recruiter: Recruiter, ms: number, share: number): Promise<void> {
  for (const end = performance.now() + ms; performance.now() < end;) {
    const begun = performance.now();
    spin(20 * share);
    recruiter.enlistDetached();
    await sleep(Math.max(0, 20 - (performance.now() - begun)));
  }
}

/** The system's clock, which knows by how much its timers were late: on a busy machine that is time of nobody's making. */
class CandidClock {
  late = 0;

  now(): number {
    return performance.now();
  }

  after(ms: number, callback: () => void): () => void {
    const due = performance.now() + ms;
    const onTime = () => {
      this.late += Math.max(0, performance.now() - due);
      callback();
    };
    const timer = setTimeout(onTime, ms).unref();
    return () => clearTimeout(timer);
  }
}

const slicesOf = (recruiter: Recruiter) => {
  const [job] = recruiter.jobs;
  const { gated, ...run } = job!.counts;
  return { run: Object.values(run).reduce((sum, count) => sum + count), gated, by: job!.gatedBy };
};

describe('Recruiter on a real event loop', () => {
  it('holds slices back while the loop is busy, and runs them again within two samples once it calms', async () => {
    const recruiter = new Recruiter('busy', { load: { low: 0.3, high: 0.6 }, idle: false, dutyCycle: 1 });
    recruiter.install({ recruited: () => ({ done: 5, limit: 5 }) }, 'job', 1);
    recruiter.open();
    await serve(recruiter, 1500, 0.9);
    const before = slicesOf(recruiter);
    await serve(recruiter, 2500, 0.9);
    const loaded = slicesOf(recruiter);
    const drawn = loaded.run + loaded.gated - before.run - before.gated;
    expect(recruiter.utilization).toBeGreaterThan(0.7);
    expect(drawn).toBeGreaterThan(20);
    expect((loaded.run - before.run) / drawn).toBeLessThan(0.25);
    expect(loaded.by.loaded).toBeGreaterThan(0);

    // Two samples of a second each, and what a noisy machine adds.
    await serve(recruiter, 2600, 0);
    const calming = slicesOf(recruiter);
    await serve(recruiter, 1000, 0);
    const calm = slicesOf(recruiter);
    expect(calm.run - calming.run).toBeGreaterThan(5);
    expect(calm.gated - calming.gated).toBeLessThan(calm.run - calming.run);
    await recruiter.close();
  }, 30_000);

  it('does its slices by the floor timer when nobody enlists', async () => {
    const recruiter = new Recruiter('quiet', { idle: { interval: 100 }, load: false });
    recruiter.install({ recruited: () => ({ done: 0, limit: 5 }) }, 'job', 0.001);
    recruiter.open();
    // Two slices are awaited, not counted in a span of time: the timers are unref'd, so something must keep us alive.
    const keepAlive = setInterval(() => {}, 1000);
    await new Promise<void>((resolve) => {
      let seen = 0;
      recruiter.on('slice', () => ++seen === 2 && resolve());
    });
    clearInterval(keepAlive);
    expect(recruiter.enlistments).toBe(0);
    await recruiter.close();
    const { run } = slicesOf(recruiter);
    await sleep(400);
    expect(slicesOf(recruiter).run).toBe(run);
  }, 30_000);

  it('drains 10,000 items at the duty cycle that was set, within 10 %', async () => {
    const dutyCycle = 0.25;
    const clock = new CandidClock();
    const recruiter = new Recruiter('drain', { dutyCycle, load: false, budget: 5000, clock });
    let waiting = 10_000;
    let inSlices = 0;
    const limit = 500;
    recruiter.install(
      {
        recruited: async () => {
          const begun = performance.now();
          await sleep(50);
          waiting -= limit;
          inSlices += performance.now() - begun;
          return { done: limit, limit: waiting > 0 ? limit : limit + 1 };
        },
      },
      'job',
      0.01,
    );
    recruiter.open();
    const begun = performance.now();
    const keepAlive = setInterval(() => {}, 1000);
    await recruiter.recruit('job');
    await new Promise<void>((resolve) => recruiter.on('slice', () => void (waiting <= 0 && resolve())));
    const elapsed = performance.now() - begun - clock.late;
    clearInterval(keepAlive);
    await recruiter.close();
    // Rests are stretched by 1.125 on average, to keep a fleet out of step. The last slice has no rest in this span.
    const rest = (1 / dutyCycle - 1) * 1.125;
    const slices = 10_000 / limit;
    const due = slices / (slices + (slices - 1) * rest);
    expect(waiting).toBe(0);
    expect(Math.abs(inSlices / elapsed / due - 1)).toBeLessThan(0.1);
  }, 60_000);
});

/** The probe as a module that a thread can import: threads that Jest did not start know no TypeScript. */
function probeModule(): string {
  const source = readFileSync(new URL('../../lib/recruiter/utilization.ts', import.meta.url), 'utf8');
  const { code } = transformSync(source, {
    swcrc: false,
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
  });
  return `data:text/javascript,${encodeURIComponent(code)}`;
}

/** Keeps its thread busy in every turn of the loop, and says what the probe has read after some of its samples. */
const BUSY_AND_PROBED = `
  const { parentPort, workerData } = require('node:worker_threads');
  import(workerData).then(({ EventLoopProbe }) => {
    const probe = new EventLoopProbe({ now: () => performance.now() });
    let turns = 0;
    setTimeout(function turn() {
      for (const end = performance.now() + 50; performance.now() < end;);
      const { utilization } = probe;
      if (++turns < 60) setTimeout(turn, 1);
      else parentPort.postMessage(utilization);
    }, 1);
  });
`;

describe('EventLoopProbe in a worker thread', () => {
  it('reads the loop of its own thread: a busy worker does not show in the main thread', async () => {
    const worker = new Worker('for (;;);', { eval: true });
    await once(worker, 'online');
    const probe = new EventLoopProbe({ now: () => performance.now() });
    await sleep(1200);
    expect(probe.utilization).toBeLessThan(0.6);
    expect(worker.performance.eventLoopUtilization().utilization).toBeGreaterThan(0.8);
    await worker.terminate();
  }, 30_000);

  it('shows a busy loop to a probe that runs in that thread, while the main thread is idle', async () => {
    const worker = new Worker(BUSY_AND_PROBED, { workerData: probeModule(), eval: true });
    const [utilization] = (await once(worker, 'message')) as [number];
    expect(utilization).toBeGreaterThan(0.7);
    await worker.terminate();
  }, 30_000);
});
