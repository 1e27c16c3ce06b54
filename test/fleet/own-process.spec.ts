import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Injectable, Logger } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { Recruiter, StealableJob, WorkStealingConfigError, WorkStealingModule } from 'nestjs-work-stealing';
import { FleetService } from 'nestjs-work-stealing/fleet';
import { deterministic, ManualClock } from 'nestjs-work-stealing/testing';

@Injectable()
class Chores {
  @StealableJob({ rate: 0.3, id: 'fold' })
  fold() {
    return { done: 3, limit: 5 };
  }

  @StealableJob({ rate: 0.5, id: '__proto__' })
  prune(): void {
    throw new Error('<b>broken</b>');
  }
}

let app: TestingModule | undefined;
const clock = new ManualClock(1_000_000);

afterEach(async () => {
  await app?.close();
  app = undefined;
});

async function start() {
  app = await Test.createTestingModule({
    imports: [WorkStealingModule.forRoot(deterministic({ clock }))],
    providers: [Chores],
  }).compile();
  Logger.overrideLogger(false);
  await app.init();
  return { fleet: app.get(FleetService), recruiter: app.get(Recruiter) };
}

const fold = { id: 'fold' };

describe('FleetService without Redis', () => {
  it('sees this process alone, by what its recruiter counts', async () => {
    const { fleet, recruiter } = await start();
    expect(fleet.scope).toBe('process');
    await recruiter.recruit('fold');
    await recruiter.recruit('__proto__');
    clock.advance(2000);
    const [process, ...others] = await fleet.processes();
    expect(others).toEqual([]);
    expect(process).toMatchObject({
      pid: globalThis.process.pid,
      isSelf: true,
      inFlight: 0,
      version: undefined,
    });
    const [first, second] = await fleet.jobs();
    expect(first).toMatchObject({
      recruiter: 'default',
      id: 'fold',
      processes: 1,
      declaredRate: 0.3,
      rate: 0.3,
      paused: false,
      items: 3,
      override: undefined,
      slicesPerSecond: 0.5,
      itemsPerSecond: 1.5,
    });
    expect(first?.counts).toMatchObject({ partial: 1, failed: 0 });
    expect(second).toMatchObject({
      id: '__proto__',
      lastError: { message: '<b>broken</b>', reason: 'error' },
    });
  });

  it('measures rates over the last few seconds only', async () => {
    const { fleet, recruiter } = await start();
    clock.advance(100_000);
    await fleet.jobs();
    for (let second = 0; second < 20; second++) {
      clock.advance(1000);
      if (second < 10) await recruiter.recruit('fold');
      await fleet.jobs();
      if (second === 9) expect((await fleet.jobs())[0]?.slicesPerSecond).toBeCloseTo(1);
    }
    expect((await fleet.jobs())[0]?.slicesPerSecond).toBe(0);
  });

  it('overrides a rate and goes back to the declared one, and notes who did it', async () => {
    const { fleet, recruiter } = await start();
    await fleet.setRate(fold, 0.4, 'ann');
    expect(recruiter.jobs[0]?.rate).toBe(0.4);
    expect((await fleet.jobs())[0]).toMatchObject({
      declaredRate: 0.3,
      rate: 0.4,
      effectiveRate: 0.4,
      override: { rate: 0.4, by: 'ann' },
    });
    await fleet.setRate(fold, 0.1, 'bob');
    await fleet.resetRate(fold, 'eve');
    expect(recruiter.jobs[0]?.rate).toBe(0.3);
    expect((await fleet.jobs())[0]?.override).toBeUndefined();
    expect((await fleet.audit()).map(({ by, action, jobId, rate }) => [by, action, jobId, rate])).toEqual([
      ['eve', 'reset-rate', 'fold', undefined],
      ['bob', 'set-rate', 'fold', 0.1],
      ['ann', 'set-rate', 'fold', 0.4],
    ]);
    expect(await fleet.audit(1)).toHaveLength(1);
  });

  it('gives the default rate back where an override ends, and says so while it lasts', async () => {
    const { fleet, recruiter } = await start();
    recruiter.install({ recruited: () => {} }, 'plain', {});
    const plain = { id: 'plain' };
    const shown = async () => (await fleet.jobs()).find(({ id }) => id === 'plain');
    expect(await shown()).toMatchObject({ declaredRate: 0.01, isDefaultRate: true, rate: 0.01 });
    await fleet.setRate(plain, 0.15, 'ann');
    expect(await shown()).toMatchObject({ declaredRate: 0.01, isDefaultRate: true, rate: 0.15 });
    expect(recruiter.jobs[2]).toMatchObject({ rate: 0.15, isDefaultRate: false });
    await fleet.resetRate(plain, 'ann');
    expect(recruiter.jobs[2]).toMatchObject({ rate: 0.01, isDefaultRate: true });
    await fleet.setRate(fold, 0.5, 'ann');
    expect(recruiter.jobs).toMatchObject([{ rate: 0.5 }, { rate: 0.5 }, { rate: 0 }]);
  });

  it('shows the periods of a job with `every`, and refuses a rate of 0 for it', async () => {
    const { fleet, recruiter } = await start();
    const every = { ms: 60_000, scope: 'process' } as const;
    recruiter.install({ recruited: () => ({ done: 7, limit: 9 }) }, 'purge', { every });
    const purge = { id: 'purge' };
    const shown = async () => (await fleet.jobs()).find(({ id }) => id === 'purge');
    expect(await shown()).toMatchObject({
      period: { every: 60_000, scope: 'process', dueAt: undefined, lastPass: undefined, overdueBy: 0 },
      advice: { verdict: 'right', suggested: 0.01, reason: expect.stringMatching(/once a period/) },
    });
    await fleet.runOnce(purge, 'ann');
    const begun = new Date(clock.timestamp());
    expect(await shown()).toMatchObject({
      effectiveRate: 0,
      period: {
        dueAt: new Date(clock.timestamp() + 60_000),
        lastPass: { dueAt: begun, beganAt: begun, endedAt: begun, slices: 1, done: 7, skipped: 0 },
      },
    });
    await expect(fleet.setRate(purge, 0, 'ann')).rejects.toThrow(
      'Job "purge" runs by `every`, so its passes would begin even at a rate of 0; nothing was changed. To stop it, pause it.',
    );
    await fleet.setRate(purge, 0.1, 'ann');
    expect((await shown())?.rate).toBe(0.1);
    await fleet.pause(purge, 'ann');
    expect((await shown())?.advice.reason).toBe('Unknown: the job is paused.');
  });

  it('pauses and resumes one job, or all, each by itself', async () => {
    const { fleet } = await start();
    const paused = async () => (await fleet.jobs()).map(({ paused: is, pauses }) => ({ is, ...pauses }));
    await fleet.pause(fold, 'ann');
    await fleet.pause({}, 'ann');
    expect(await paused()).toEqual([
      { is: true, job: true, recruiter: true },
      { is: true, job: false, recruiter: true },
    ]);
    await fleet.resume({}, 'ann');
    expect(await paused()).toEqual([
      { is: true, job: true, recruiter: false },
      { is: false, job: false, recruiter: false },
    ]);
    await fleet.resume(fold, 'ann');
    expect((await paused())[0]?.is).toBe(false);
  });

  it('runs one slice, and says why it could not', async () => {
    const { fleet, recruiter } = await start();
    await fleet.runOnce(fold, 'ann');
    expect(recruiter.jobs[0]?.counts.partial).toBe(1);
    await fleet.pause(fold, 'ann');
    await expect(fleet.runOnce(fold, 'ann')).rejects.toThrow('Job "fold" was not run: it is paused');
  });

  it.each<[string, (fleet: FleetService) => Promise<unknown>, RegExp]>([
    ['an unknown job', (f) => f.setRate({ id: 'no' }, 0.1, 'ann'), /No process of the fleet has a job "no"/],
    ['an unknown recruiter', (f) => f.pause({ recruiter: 'x' }, 'ann'), /has a recruiter "x"/],
    ['a rate above 1', (f) => f.setRate(fold, 1.1, 'ann'), /rate is 1.1; expected a number from 0 to 1/],
    ['rates of more than 1', (f) => f.setRate(fold, 0.6, 'ann'), /would add up to 1\.1, more than 1/],
    ['nobody', (f) => f.pause(fold, ' '), /by is ' '; expected the name of the caller/],
    ['no job', (f) => f.runOnce({} as { id: string }, 'ann'), /id is undefined/],
    ['nothing', (f) => f.pause(null as unknown as object, 'ann'), /job is null/],
    ['a limit of 0', (f) => f.audit(0), /limit is 0/],
  ])('refuses %s, and changes nothing', async (_what, act, message) => {
    const { fleet, recruiter } = await start();
    const error = await act(fleet).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WorkStealingConfigError);
    expect(String(error)).toMatch(message);
    expect(recruiter.jobs.map(({ rate }) => rate)).toEqual([0.3, 0.5]);
    expect(await fleet.audit()).toEqual([]);
  });

  it('asks jobs what waits, and does not wait for those that never answer', async () => {
    const { fleet, recruiter } = await start();
    recruiter.install({ recruited: () => {}, backlog: () => 7, progress: () => ({ done: 1 }) }, 'told', 0);
    recruiter.install({ recruited: () => {}, backlog: () => new Promise(() => {}) }, 'silent', 0);
    const jobs = await fleet.jobs();
    expect(jobs.slice(2)).toMatchObject([
      { id: 'told', backlog: 7, progress: { done: 1 } },
      { id: 'silent', backlog: undefined },
    ]);
  });

  it('advises on rates by what it saw, and after a rate was set only by what came then', async () => {
    const { fleet, recruiter } = await start();
    const advice = async () => (await fleet.jobs())[0]?.advice;
    expect(await advice()).toMatchObject({ verdict: 'unknown' });
    await fleet.setRate({ id: '__proto__' }, 0, 'ann');
    const work = async (slices: number) => {
      for (let enlistment = 0; enlistment < 400; enlistment++) await recruiter.enlist();
      for (let slice = 0; slice < slices; slice++) await recruiter.recruit('full');
      clock.advance(60_000);
    };
    recruiter.install({ recruited: () => ({ done: 5, limit: 5 }) }, 'full', 0.05);
    await work(100);
    const told = async () => (await fleet.jobs()).find(({ id }) => id === 'full')?.advice;
    expect(await told()).toMatchObject({ verdict: 'too-low' });
    await fleet.setRate({ id: 'full' }, 0.2, 'ann');
    expect(await told()).toMatchObject({ verdict: 'unknown' });
  });

  it('sets no timer', async () => {
    const before = clock.pending;
    const { fleet } = await start();
    await fleet.jobs();
    await fleet.setRate(fold, 0.1, 'ann');
    expect(clock.pending).toBe(before);
  });

  it('makes a thousand changes that are asked for at once, in their order, each with one look at most', async () => {
    const { fleet, recruiter } = await start();
    const looks = jest.spyOn(recruiter, 'jobs', 'get');
    const rates = Array.from({ length: 1000 }, (_, index) => (index % 100) / 200);
    const asked = rates.map((rate) => fleet.setRate(fold, rate, 'ann'));
    await Promise.all(asked);
    expect(looks.mock.calls.length).toBeLessThanOrEqual(1000);
    looks.mockRestore();
    const audit = await fleet.audit(500);
    expect(audit.map(({ rate }) => rate)).toEqual(rates.slice(-500).toReversed());
    expect((await fleet.jobs())[0]).toMatchObject({ rate: rates.at(-1) });
  });

  it('refuses among changes that are asked for at once those that are not allowed, and makes the others', async () => {
    const { fleet, recruiter } = await start();
    const asked = await Promise.allSettled([
      fleet.setRate(fold, 0.4, 'ann'),
      fleet.setRate({ id: '__proto__' }, 0.7, 'ann'),
      fleet.pause({ id: 'nobody' }, 'ann'),
      fleet.setRate(fold, 0.2, 'ann'),
      fleet.setRate({ id: '__proto__' }, 0.8, 'ann'),
      fleet.pause(fold, 'ann'),
      fleet.resetRate(fold, 'ann'),
    ]);
    expect(asked.map((each) => (each.status === 'rejected' ? String(each.reason) : 'done'))).toEqual([
      'done',
      expect.stringMatching(/would add up to 1\.1.*, more than 1[^]*__proto__/),
      expect.stringMatching(/No process of the fleet has a job "nobody"/),
      'done',
      'done',
      'done',
      expect.stringMatching(/would add up to 1\.1/),
    ]);
    expect(recruiter.jobs).toMatchObject([{ rate: 0.2, paused: true }, { rate: 0.8 }]);
  });
});
