import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ManualClock } from '../testing/manual-clock.js';
import { SeededRandom } from '../testing/seeded-random.js';
import { Duty, type Job } from './job.js';
import type { RecruiterOptions } from './options.js';
import { OUTCOMES } from './outcome.js';
import type { Random } from './random.js';
import { Recruiter } from './recruiter.js';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

const jobOf = (recruited: () => unknown = () => undefined) => ({ recruited }) as Job;

/** A recruiter with all that adapts switched off, at a time that stands still. */
function recruiterOf(jobs: Record<string, number | Job> = {}, options: RecruiterOptions = {}) {
  const recruiter = new Recruiter('test', {
    adaptive: false,
    load: false,
    idle: false,
    dutyCycle: 1,
    random: new SeededRandom(1),
    clock: new ManualClock(1000),
    ...options,
  });
  for (const [id, job] of Object.entries(jobs)) {
    recruiter.install(typeof job === 'number' ? jobOf() : job, id, typeof job === 'number' ? job : 0);
  }
  recruiter.open();
  return recruiter;
}

const snapshotOf = (recruiter: Recruiter, id: string) => recruiter.jobs.find((job) => job.id === id)!;

const drawnBy = (recruiter: Recruiter, id: string) =>
  Object.values(snapshotOf(recruiter, id).counts).reduce((sum, count) => sum + count);

describe('Recruiter that is enlisted with', () => {
  it('answers every dismissal with one and the same promise', async () => {
    const recruiter = recruiterOf({ a: 0 });
    const first = recruiter.enlist();
    expect(recruiter.enlist()).toBe(first);
    expect(await first).toBe(Duty.DISMISSED);
  });

  it('resolves when the slice has ended, not before', async () => {
    let end!: () => void;
    const recruiter = recruiterOf();
    recruiter.install(
      jobOf(() => new Promise<void>((resolve) => (end = resolve))),
      'a',
      1,
    );
    let duty: Duty | undefined;
    const enlisted = recruiter.enlist().then((it) => (duty = it));
    await turn();
    expect(duty).toBeUndefined();
    end();
    await enlisted;
    expect(duty).toBe(Duty.RECRUITED);
  });

  it('draws one job at most, so a rate of 1 in all gives one slice an enlistment', async () => {
    const recruiter = recruiterOf({ a: 0.25, b: 0.75 });
    for (let i = 0; i < 400; i++) expect(await recruiter.enlist()).toBe(Duty.RECRUITED);
    expect(drawnBy(recruiter, 'a') + drawnBy(recruiter, 'b')).toBe(400);
    expect(recruiter.enlistments).toBe(400);
  });

  it('dismisses everybody until it is opened, and does not run what was missed', async () => {
    const recruiter = new Recruiter('test', { idle: false, clock: new ManualClock() });
    recruiter.install(jobOf(), 'a', 1);
    expect(await recruiter.enlist()).toBe(Duty.DISMISSED);
    recruiter.enlistDetached();
    await turn();
    expect(drawnBy(recruiter, 'a')).toBe(0);

    recruiter.open();
    expect(drawnBy(recruiter, 'a')).toBe(0);
    expect(await recruiter.enlist()).toBe(Duty.RECRUITED);
    expect(recruiter.enlistments).toBe(3);
  });

  it('stays as it is when it is opened twice', () => {
    const recruiter = recruiterOf({ a: 0.5 });
    for (let i = 0; i < 10; i++) recruiter.enlistDetached();
    recruiter.open();
    expect(recruiter.enlistments).toBe(10);
  });

  it('recruits nobody when it is not enabled, yet checks what is installed', async () => {
    const recruiter = recruiterOf({ a: 1 }, { enabled: false });
    for (let i = 0; i < 100; i++) expect(await recruiter.enlist()).toBe(Duty.DISMISSED);
    expect(drawnBy(recruiter, 'a')).toBe(0);
    expect(() => recruiter.install(jobOf(), 'b', 0.1)).toThrow('more than 1');
  });

  it('draws a job from the moment it is installed, and no more when it is taken off', async () => {
    const recruiter = recruiterOf();
    expect(await recruiter.enlist()).toBe(Duty.DISMISSED);
    const undo = recruiter.install(jobOf(), 'a', 1);
    expect(await recruiter.enlist()).toBe(Duty.RECRUITED);
    undo();
    expect(await recruiter.enlist()).toBe(Duty.DISMISSED);
  });

  it('carries a slice through whose job is taken off meanwhile', async () => {
    let end!: () => void;
    const recruiter = recruiterOf();
    const undo = recruiter.install(
      jobOf(() => new Promise<void>((resolve) => (end = resolve))),
      'a',
      1,
    );
    const enlisted = recruiter.enlist();
    undo();
    expect(recruiter.inFlight).toBe(1);
    end();
    expect(await enlisted).toBe(Duty.RECRUITED);
    expect(recruiter.inFlight).toBe(0);
  });

  it('has as many slices in flight as it is allowed, and gates the next as busy', async () => {
    const ends: (() => void)[] = [];
    const recruiter = recruiterOf({}, { concurrency: 3 });
    recruiter.install(
      jobOf(() => new Promise<void>((resolve) => ends.push(resolve))),
      'a',
      1,
    );
    const enlisted = [1, 2, 3].map(() => recruiter.enlist());
    expect(await recruiter.enlist()).toBe(Duty.DISMISSED);
    expect(recruiter.inFlight).toBe(3);
    expect(snapshotOf(recruiter, 'a').gatedBy).toEqual({ busy: 1 });
    ends.shift()!();
    await enlisted[0];
    void recruiter.enlist();
    expect(ends).toHaveLength(3);
    ends.forEach((end) => end());
    await Promise.all(enlisted);
  });

  it('may be enlisted with by a job, in the midst of its slice', async () => {
    const recruiter = recruiterOf();
    recruiter.install(
      jobOf(() => recruiter.enlist()),
      'a',
      1,
    );
    expect(await recruiter.enlist()).toBe(Duty.DISMISSED);
    expect(snapshotOf(recruiter, 'a').counts).toMatchObject({ idle: 1, gated: 1 });
  });
});

describe('Recruiter with all that adapts switched off, against the original (99.9 % confidence, fixed seed)', () => {
  const rates = { expire: 0.03, flush: 0.015, reap: 0.1, never: 0, rare: 0.002 };

  /** The original: a random number at every enlistment, and a walk along the rates (its `<=` corrected to `<`). */
  function original(random: Random) {
    return () => {
      const number = random.next();
      let cumulative = 0;
      for (const [id, rate] of Object.entries(rates)) if (number < (cumulative += rate)) return id;
      return undefined;
    };
  }

  async function ours(enlistments: number) {
    const drawn: (string | undefined)[] = [];
    const recruiter = recruiterOf({}, { concurrency: Number.MAX_SAFE_INTEGER });
    let last: string | undefined;
    for (const [id, rate] of Object.entries(rates))
      recruiter.install(
        jobOf(() => void (last = id)),
        id,
        rate,
      );
    for (let i = 0; i < enlistments; i++) {
      last = undefined;
      void recruiter.enlist();
      drawn.push(last);
      if (last !== undefined) await Promise.resolve();
    }
    return { drawn, recruiter };
  }

  function gapsOf(drawn: readonly (string | undefined)[]): number[] {
    const gaps = Array.from({ length: 41 }, () => 0);
    let gap = 0;
    for (const id of drawn) {
      if (id === undefined) gap++;
      else {
        gaps[Math.min(40, gap)]!++;
        gap = 0;
      }
    }
    return gaps;
  }

  const twoSample = (a: readonly number[], b: readonly number[]) => {
    const [m, n] = [a, b].map((counts) => counts.reduce((sum, count) => sum + count)) as [number, number];
    return a.reduce((sum, count, i) => {
      const other = b[i]!;
      return sum + (count * Math.sqrt(n / m) - other * Math.sqrt(m / n)) ** 2 / (count + other);
    }, 0);
  };

  it('draws the same jobs as often, with gaps of the same distribution', async () => {
    const N = 150_000;
    const { drawn, recruiter } = await ours(N);
    const draw = original(new SeededRandom(2));
    const drawnThere = Array.from({ length: N }, draw);
    const cells = ['expire', 'flush', 'reap', 'rare', undefined];
    const countsOf = (list: readonly (string | undefined)[]) =>
      cells.map((cell) => list.reduce((count, id) => count + (id === cell ? 1 : 0), 0));

    // The 99.9 % points of chi-square with 4 and with 40 degrees of freedom.
    expect(twoSample(countsOf(drawn), countsOf(drawnThere))).toBeLessThan(18.47);
    expect(twoSample(gapsOf(drawn), gapsOf(drawnThere))).toBeLessThan(73.4);
    expect(drawn).not.toContain('never');
    await turn();
    for (const [i, id] of cells.slice(0, -1).entries())
      expect(drawnBy(recruiter, id!)).toBe(countsOf(drawn)[i]);
    expect(recruiter.enlistments).toBe(N);
  }, 60_000);
});

describe('Recruiter that counts', () => {
  const id = fc.constantFrom('a', 'b', 'c');
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('enlist'), times: fc.nat(300) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('enlistDetached'), times: fc.nat(300) }) },
    fc.record({ do: fc.constant('install'), id, rate: fc.double({ min: 0, max: 0.3, noNaN: true }) }),
    fc.record({ do: fc.constant('setRate'), id, rate: fc.double({ min: 0, max: 0.3, noNaN: true }) }),
    fc.record({ do: fc.constantFrom('undo', 'pause', 'resume', 'recruit'), id }),
    fc.record({ do: fc.constantFrom('pauseAll', 'resumeAll', 'turn') }),
  ) as fc.Arbitrary<{ do: string; id: string; rate: number; times: number }>;

  it('knows the enlistments and the draws exactly, whatever else happens', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer(), async (steps, seed) => {
        const recruiter = recruiterOf({}, { random: new SeededRandom(seed) });
        const undos = new Map<string, () => void>();
        let [enlistments, asked, sliced, gated] = [0, 0, 0, 0];
        const drawn: number[] = [];
        recruiter.on('slice', () => sliced++);
        recruiter.on('gated', () => gated++);
        const forget = (gone: string) => {
          if (undos.has(gone)) drawn.push(drawnBy(recruiter, gone));
          undos.get(gone)?.();
          undos.delete(gone);
        };
        const actions: Record<string, (step: { id: string; rate: number; times: number }) => unknown> = {
          enlist: ({ times }) => {
            for (let i = 0; i < times; i++) void recruiter.enlist();
            enlistments += times;
          },
          enlistDetached: ({ times }) => {
            for (let i = 0; i < times; i++) recruiter.enlistDetached();
            enlistments += times;
          },
          install: ({ id, rate }) => {
            if (!undos.has(id)) undos.set(id, recruiter.install(jobOf(), id, rate));
          },
          setRate: ({ id, rate }) => undos.has(id) && recruiter.setRate(id, rate),
          undo: async ({ id }) => {
            await turn();
            forget(id);
          },
          pause: ({ id }) => undos.has(id) && recruiter.pause(id),
          resume: ({ id }) => undos.has(id) && recruiter.resume(id),
          recruit: async ({ id }) => {
            if (!undos.has(id)) return;
            asked++;
            await recruiter.recruit(id);
          },
          pauseAll: () => recruiter.pause(),
          resumeAll: () => recruiter.resume(),
          turn,
        };
        for (const each of steps) {
          await actions[each.do]!(each);
          expect(recruiter.enlistments).toBe(enlistments);
        }
        await turn();
        [...undos.keys()].forEach(forget);
        const counted = drawn.reduce((sum, count) => sum + count, 0);
        expect(counted).toBe(sliced + gated);
        expect(counted).toBeLessThanOrEqual(enlistments + asked);
        expect(recruiter.inFlight).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});

describe('Recruiter that is asked for a slice by an operator', () => {
  it('runs it whatever the rate, and reports what came of it', async () => {
    const recruiter = recruiterOf({ a: jobOf(() => ({ done: 2, limit: 5 })) });
    expect(await recruiter.recruit('a')).toEqual({
      jobId: 'a',
      origin: 'operator',
      startedAt: 1000,
      duration: 0,
      overran: false,
      outcome: 'partial',
      done: 2,
      limit: 5,
    });
    expect(recruiter.enlistments).toBe(0);
  });

  it('runs it before the recruiter is opened, past duty cycle and load', async () => {
    const clock = new ManualClock(1000);
    const busy = { utilization: 1 };
    const recruiter = new Recruiter('test', { idle: false, dutyCycle: 0.01, clock }, busy);
    recruiter.install(
      jobOf(() => clock.jump(10)),
      'a',
      1,
    );
    expect(await recruiter.recruit('a')).toMatchObject({ outcome: 'partial', duration: 10 });
    expect(await recruiter.recruit('a')).toMatchObject({ outcome: 'partial', startedAt: 1010 });
    expect(recruiter.utilization).toBe(1);
  });

  it('answers gated when all places are taken', async () => {
    let end!: () => void;
    const recruiter = recruiterOf({ a: jobOf(() => new Promise<void>((resolve) => (end = resolve))) });
    const first = recruiter.recruit('a');
    expect(await recruiter.recruit('a')).toEqual({
      jobId: 'a',
      origin: 'operator',
      outcome: 'gated',
      reason: 'busy',
      startedAt: 1000,
      duration: 0,
      overran: false,
    });
    end();
    expect(await first).toMatchObject({ outcome: 'partial' });
  });

  it('answers gated when the job is paused, and when the recruiter is closing', async () => {
    const recruiter = recruiterOf({ a: 0 });
    recruiter.pause('a');
    expect(await recruiter.recruit('a')).toMatchObject({ outcome: 'gated', reason: 'paused' });
    await recruiter.close();
    expect(await recruiter.recruit('a')).toMatchObject({ outcome: 'gated', reason: 'closing' });
    expect(snapshotOf(recruiter, 'a')).toMatchObject({
      counts: { gated: 2 },
      gatedBy: { paused: 1, closing: 1 },
      durations: undefined,
    });
  });
});

describe('Recruiter that is paused', () => {
  const pausedOf = (recruiter: Recruiter) =>
    recruiter.jobs.filter(({ paused }) => paused).map(({ id }) => id);

  it('gates one job, which is drawn as before, and leaves the others alone', async () => {
    const recruiter = recruiterOf({ a: 0.5, b: 0.5 });
    recruiter.pause('a');
    expect(pausedOf(recruiter)).toEqual(['a']);
    for (let i = 0; i < 100; i++) await recruiter.enlist();
    const { gatedBy, counts } = snapshotOf(recruiter, 'a');
    expect(counts.gated).toBeGreaterThan(0);
    expect(gatedBy).toEqual({ paused: counts.gated });
    expect(counts.gated + snapshotOf(recruiter, 'b').counts.partial).toBe(100);

    recruiter.resume('a');
    expect(pausedOf(recruiter)).toEqual([]);
    for (let i = 0; i < 100; i++) expect(await recruiter.enlist()).toBe(Duty.RECRUITED);
  });

  it('gates all jobs, those included that come later', async () => {
    const recruiter = recruiterOf({ a: 0.5 });
    recruiter.pause();
    recruiter.install(jobOf(), 'b', 0.5);
    expect(pausedOf(recruiter)).toEqual(['a', 'b']);
    for (let i = 0; i < 50; i++) expect(await recruiter.enlist()).toBe(Duty.DISMISSED);
    recruiter.resume();
    expect(pausedOf(recruiter)).toEqual([]);
    expect(await recruiter.enlist()).toBe(Duty.RECRUITED);
  });

  it('keeps a job paused that was paused by itself when all are resumed, and the other way about', async () => {
    const recruiter = recruiterOf({ a: 0.5, b: 0.5 });
    recruiter.pause('a');
    recruiter.pause();
    recruiter.resume();
    expect(pausedOf(recruiter)).toEqual(['a']);
    recruiter.pause();
    recruiter.resume('a');
    expect(pausedOf(recruiter)).toEqual(['a', 'b']);
    expect(await recruiter.enlist()).toBe(Duty.DISMISSED);
  });
});

describe('Recruiter that is told otherwise between a draw and its slice', () => {
  /** A drawn slice that begins in the next turn of the event loop. */
  function drawn() {
    const recruiter = recruiterOf({}, { idle: {} });
    let ran = 0;
    const undo = recruiter.install(
      jobOf(() => void ran++),
      'a',
      1,
    );
    recruiter.enlistDetached();
    expect(recruiter.inFlight).toBe(1);
    return { recruiter, undo, ran: () => ran };
  }

  it.each<{ what: string; reason: string; tell: (told: ReturnType<typeof drawn>) => unknown }>([
    { what: 'paused', reason: 'paused', tell: ({ recruiter }) => recruiter.pause('a') },
    { what: 'paused with all others', reason: 'paused', tell: ({ recruiter }) => recruiter.pause() },
    { what: 'set to a rate of 0', reason: 'paused', tell: ({ recruiter }) => recruiter.setRate('a', 0) },
    { what: 'removed', reason: 'removed', tell: ({ undo }) => undo() },
    { what: 'cut off by the shutdown', reason: 'closing', tell: ({ recruiter }) => recruiter.close() },
  ])('runs no slice of a job that is $what, and frees its place', async ({ reason, tell }) => {
    const all = drawn();
    const { recruiter, ran } = all;
    const gated: unknown[] = [];
    recruiter.on('gated', (report) => gated.push(report));
    await tell(all);
    await turn();
    expect([ran(), recruiter.inFlight]).toEqual([0, 0]);
    expect(gated).toMatchObject([{ jobId: 'a', origin: 'enlistment', outcome: 'gated', reason }]);
    await recruiter.close();
  });

  it('runs it where the rate is another one', async () => {
    const { recruiter, ran } = drawn();
    recruiter.setRate('a', 0.1);
    await turn();
    expect(ran()).toBe(1);
    await recruiter.close();
  });

  it('runs the job again by itself when it is resumed', async () => {
    const clock = new ManualClock();
    let ran = 0;
    const options = { clock, load: false, random: new SeededRandom(1) } as const;
    const recruiter = new Recruiter('test', options);
    const full = jobOf(() => (ran++, { done: 1, more: true }));
    recruiter.install(full, 'a', 0.01);
    recruiter.open();
    await recruiter.recruit('a');
    recruiter.pause();
    clock.advance(3_600_000);
    await turn();
    expect([ran, clock.pending]).toEqual([1, 0]);
    recruiter.resume();
    clock.advance(0);
    await turn();
    expect(ran).toBe(2);
    await recruiter.close();
  });
});

describe('Recruiter that says what it means to do', () => {
  function planned(options: RecruiterOptions = {}) {
    const clock = new ManualClock(5000);
    const idle = { interval: 120_000 };
    const all = { clock, load: false, idle, random: { next: () => 0.5 }, ...options } as const;
    const recruiter = new Recruiter('test', all);
    const results: unknown[] = [];
    recruiter.install(
      jobOf(() => results.shift()),
      'a',
      0.5,
    );
    const nextLookAt = () => snapshotOf(recruiter, 'a').nextLookAt?.getTime();
    return { recruiter, clock, results, nextLookAt };
  }

  it('names the time of its next run of a job, and none before it is open', () => {
    const { recruiter, nextLookAt } = planned();
    expect(nextLookAt()).toBeUndefined();
    recruiter.open();
    expect(nextLookAt()).toBe(5000 + 60_000);
  });

  it('names none while the job is paused, has a rate of 0, or the recruiter is closing', async () => {
    const { recruiter, nextLookAt } = planned();
    recruiter.open();
    for (const [off, on] of [
      [() => recruiter.pause('a'), () => recruiter.resume('a')],
      [() => recruiter.pause(), () => recruiter.resume()],
      [() => recruiter.setRate('a', 0), () => recruiter.setRate('a', 0.5)],
    ] as const) {
      off();
      expect(nextLookAt()).toBeUndefined();
      on();
      expect(nextLookAt()).toBe(65_000);
    }
    await recruiter.close();
    expect(nextLookAt()).toBeUndefined();
  });

  it('names none while all places are taken', async () => {
    const { recruiter, nextLookAt } = planned();
    recruiter.open();
    let end!: () => void;
    recruiter.install(
      jobOf(() => new Promise<void>((resolve) => (end = resolve))),
      'long',
      0,
    );
    const report = recruiter.recruit('long');
    expect(nextLookAt()).toBeUndefined();
    end();
    await report;
    expect(nextLookAt()).toBe(65_000);
  });

  it('comes back soon to a job with known work, after an interval to one without, and never where such jobs are not run', async () => {
    const { recruiter, results, nextLookAt } = planned();
    recruiter.open();
    results.push({ done: 1, more: true }, { done: 1 }, { done: 0, more: true });
    await recruiter.recruit('a');
    expect([snapshotOf(recruiter, 'a').more, nextLookAt()]).toEqual([true, 5000]);
    await recruiter.recruit('a');
    expect([snapshotOf(recruiter, 'a').more, nextLookAt()]).toEqual([false, 5000 + 120_000]);
    await recruiter.recruit('a');
    expect(nextLookAt()).toBe(5000 + Math.floor(1900 * 1.125));

    const quiet = planned({ idle: false });
    quiet.recruiter.open();
    expect(quiet.nextLookAt()).toBeUndefined();
    quiet.results.push({ done: 1, more: true }, { done: 1 });
    await quiet.recruiter.recruit('a');
    expect(quiet.nextLookAt()).toBe(5000);
    await quiet.recruiter.recruit('a');
    expect(quiet.nextLookAt()).toBeUndefined();
  });

  it('counts the runs of its agenda that something held back, apart from the draws', async () => {
    const clock = new ManualClock();
    const random = { next: () => 0.9 };
    const recruiter = new Recruiter('test', { clock, random }, { utilization: 1 });
    recruiter.install(jobOf(), 'a', 0.5);
    recruiter.open();
    clock.advance(0.9 * 30_000);
    expect(snapshotOf(recruiter, 'a')).toMatchObject({ gatedLooks: { loaded: 1 }, gatedBy: { loaded: 1 } });
    clock.advance(20_000 * 1.225);
    expect(snapshotOf(recruiter, 'a')).toMatchObject({ gatedLooks: { loaded: 2 }, gatedBy: { loaded: 2 } });
    recruiter.pause();
    await recruiter.recruit('a');
    expect(snapshotOf(recruiter, 'a')).toMatchObject({
      gatedLooks: { loaded: 2 },
      gatedBy: { loaded: 2, paused: 1 },
      counts: { gated: 3 },
    });
    await recruiter.close();
  });

  it('names it to listeners, too, that hear of a run which was held back', async () => {
    const clock = new ManualClock();
    const recruiter = new Recruiter('test', { clock, random: { next: () => 0.9 } }, { utilization: 1 });
    recruiter.install(jobOf(), 'a', 0.5);
    recruiter.open();
    const heard: unknown[] = [];
    recruiter.on('gated', () => heard.push(snapshotOf(recruiter, 'a').nextLookAt));
    clock.advance(0.9 * 30_000);
    expect(heard).toEqual([new Date(0.9 * 30_000 + 20_000 * 1.225)]);
    await recruiter.close();
  });

  it('keeps to the duty cycle of a job, and to its own beside it', async () => {
    const clock = new ManualClock();
    const recruiter = new Recruiter('test', { clock, load: false, random: { next: () => 0 } });
    const full = jobOf(() => {
      clock.jump(10);
      return { done: 1, more: true };
    });
    recruiter.install(full, 'a', { rate: 0.1, dutyCycle: 0.5 });
    recruiter.install(full, 'b', { rate: 0.1, dutyCycle: 0.01 });
    recruiter.open();
    await recruiter.recruit('a');
    // Nobody tells how busy the event loop was by this clock, so the process rests for the whole time: 190 ms.
    expect(snapshotOf(recruiter, 'a').nextLookAt).toEqual(new Date(10 + 190));
    await recruiter.recruit('b');
    expect(snapshotOf(recruiter, 'b').nextLookAt).toEqual(new Date(20 + 990));
    await recruiter.close();
  });
});

describe('Recruiter that shows its jobs', () => {
  it('gives snapshots: what happens later does not change them, nor what is done to them the jobs', async () => {
    const recruiter = recruiterOf();
    recruiter.install(
      jobOf(() => Promise.reject(new Error('boom'))),
      'a',
      1,
    );
    await recruiter.enlist();
    const before = recruiter.jobs;
    const copy = structuredClone(before);
    await recruiter.enlist();
    recruiter.pause('a');
    recruiter.setRate('a', 0.5);
    expect(before).toEqual(copy);

    const shown = recruiter.jobs[0]! as { -readonly [K in keyof (typeof before)[0]]: (typeof before)[0][K] };
    Object.assign(shown.counts, { failed: 99 });
    Object.assign(shown.gatedBy, { paused: 99 });
    Object.assign(shown.gatedLooks, { paused: 99 });
    (shown.errors as unknown[]).length = 0;
    expect(recruiter.jobs[0]).toMatchObject({
      counts: { failed: 2 },
      gatedBy: {},
      gatedLooks: {},
      errors: [{}, {}],
    });
  });

  it('counts each outcome by itself', async () => {
    const results = [{ done: 1, more: true }, { done: 1, limit: 2 }, Duty.DISMISSED, 'nonsense', undefined];
    const recruiter = recruiterOf({ a: jobOf(() => results.shift()) });
    while (results.length > 0) await recruiter.recruit('a');
    recruiter.pause();
    await recruiter.recruit('a');
    const { counts } = snapshotOf(recruiter, 'a');
    expect(counts).toEqual({ full: 1, partial: 2, idle: 1, aborted: 0, failed: 1, gated: 1 });
    expect(Object.keys(counts)).toEqual(OUTCOMES);
  });

  it('keeps the last 10 errors, oldest first, as text and with their time', async () => {
    const clock = new ManualClock(5000);
    let n = 0;
    const failing = jobOf(() => {
      clock.jump(3);
      throw new Error(`error ${++n}`);
    });
    const recruiter = recruiterOf({ a: failing }, { clock });
    for (let i = 0; i < 13; i++) await recruiter.recruit('a');
    const { errors, lastError } = snapshotOf(recruiter, 'a');
    expect(errors.map(({ message }) => message)).toEqual(
      [4, 5, 6, 7, 8, 9, 10, 11, 12, 13].map((i) => `error ${i}`),
    );
    expect(errors[0]!.at).toEqual(new Date(5012));
    expect(errors[0]!.duration).toBe(3);
    expect(lastError).toBe(errors[9]);
    expect(lastError!.stack).toContain('recruiter.spec');
  });

  it('keeps the head of a stack that is endless', async () => {
    const endless = Object.assign(new Error('deep'), { stack: 'x'.repeat(100_000) });
    const recruiter = recruiterOf({ a: jobOf(() => Promise.reject(endless)) });
    await recruiter.recruit('a');
    expect(snapshotOf(recruiter, 'a').lastError!.stack).toHaveLength(8192);
  });

  it('leaves out a stack that is none', async () => {
    const bare = Object.assign(new Error('bare'), { stack: undefined });
    const recruiter = recruiterOf({ a: jobOf(() => Promise.reject(bare)) });
    await recruiter.recruit('a');
    expect(snapshotOf(recruiter, 'a').lastError).toEqual({
      at: new Date(1000),
      reason: 'error',
      message: 'bare',
      duration: 0,
    });
  });

  it('tells how long the last 128 slices took', async () => {
    const clock = new ManualClock();
    let ms = 0;
    const recruiter = recruiterOf({ a: jobOf(() => clock.jump(++ms)) }, { clock, budget: 1000 });
    expect(snapshotOf(recruiter, 'a').durations).toBeUndefined();
    await recruiter.recruit('a');
    expect(snapshotOf(recruiter, 'a').durations).toEqual({ last: 1, mean: 1, p50: 1, p99: 1, max: 1 });
    for (let i = 1; i < 100; i++) await recruiter.recruit('a');
    expect(snapshotOf(recruiter, 'a').durations).toEqual({
      last: 100,
      mean: 50.5,
      p50: 50,
      p99: 99,
      max: 100,
    });
    for (let i = 100; i < 228; i++) await recruiter.recruit('a');
    // Those left are 101 to 228 ms.
    expect(snapshotOf(recruiter, 'a').durations).toEqual({
      last: 228,
      mean: 164.5,
      p50: 164,
      p99: 227,
      max: 228,
    });
  });

  it('knows how busy the event loop is', () => {
    const { utilization } = recruiterOf({}, { load: {} });
    expect(utilization).toBeGreaterThanOrEqual(0);
    expect(utilization).toBeLessThanOrEqual(1);
  });
});
