import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  Duty,
  OUTCOMES,
  Recruiter,
  WorkStealingConfigError,
  type Job,
  type RecruiterOptions,
} from 'nestjs-work-stealing';
import { ManualClock, SeededRandom } from 'nestjs-work-stealing/testing';
import { jobOptions, recruiterOptions } from '../support/hostile-options.js';
import { anything, Hostile, isFromTheValue, mostly, optionsOf, RUNS } from '../support/hostile.js';

const share = fc.double({ min: 0, max: 1, noNaN: true });
const ids = mostly(fc.string({ minLength: 1, maxLength: 20 }));
const honest: Job = { recruited: () => Duty.RECRUITED };
const jobs = mostly(fc.constant(honest));

/** Undefined where it worked; the documented error, or the value's own, where it did not; all else is rethrown. */
function refusalOf(work: () => unknown): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof WorkStealingConfigError || isFromTheValue(error)) return error;
    throw error;
  }
}

function expectDocumented(error: unknown): void {
  if (!(error instanceof WorkStealingConfigError) && !isFromTheValue(error)) throw error;
}

const recruiterOf = () => new Recruiter('default', { clock: new ManualClock(), random: new SeededRandom(1) });

/** All that can be seen of a recruiter's jobs. */
const seen = (recruiter: Recruiter) => JSON.stringify(recruiter.jobs);

describe('Anything at all as options of a recruiter', () => {
  it('makes a recruiter that works, or is refused with the documented error', () => {
    fc.assert(
      fc.property(recruiterOptions, (options) => {
        let recruiter: Recruiter | undefined;
        const refusal = refusalOf(
          () => (recruiter = new Recruiter('default', options.make() as RecruiterOptions)),
        );
        if (refusal !== undefined) return;
        recruiter!.install(honest, 'job', 0);
        recruiter!.enlistDetached();
        expect(recruiter!.jobs).toHaveLength(1);
      }),
      { numRuns: RUNS, seed: 1 },
    );
  });

  it('says everything that is wrong, in sentences of some length', () => {
    fc.assert(
      fc.property(recruiterOptions, (options) => {
        const refusal = refusalOf(() => new Recruiter('default', options.make() as RecruiterOptions));
        if (!(refusal instanceof WorkStealingConfigError)) return;
        expect(refusal.problems.length).toBeGreaterThan(0);
        for (const problem of refusal.problems) expect(problem.length).toBeLessThan(2000);
      }),
      { numRuns: RUNS, seed: 2 },
    );
  });
});

describe('Anything at all as a job', () => {
  it('is installed whole or not at all', () => {
    fc.assert(
      fc.property(jobs, ids, jobOptions, (job, id, options) => {
        const recruiter = recruiterOf();
        recruiter.install(honest, 'there before', 0.4);
        const before = seen(recruiter);
        const [madeJob, madeId, madeOptions] = [job.make(), id.make(), options.make()];
        let undo: (() => void) | undefined;
        const refusal = refusalOf(
          () => (undo = recruiter.install(madeJob as Job, madeId as string, madeOptions as number)),
        );
        if (refusal !== undefined) return expect(seen(recruiter)).toBe(before);
        const [, installed] = recruiter.jobs;
        expect(installed!.id).toBe(madeId);
        expect(installed!.rate).toBeGreaterThanOrEqual(0);
        expect(installed!.rate).toBeLessThanOrEqual(0.6 + 1e-9);
        expect(OUTCOMES.every((outcome) => installed!.counts[outcome] === 0)).toBe(true);
        undo!();
        expect(seen(recruiter)).toBe(before);
      }),
      { numRuns: RUNS, seed: 3 },
    );
  });

  it('never lets the rates add up to more than 1, however they are changed', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(ids, mostly(share)), { maxLength: 8 }), (changes) => {
        const recruiter = recruiterOf();
        recruiter.install(honest, 'a', 0.3);
        recruiter.install(honest, '__proto__', 0.3);
        for (const [id, rate] of changes.map((change) => change.map((each) => each.make()))) {
          const before = seen(recruiter);
          const target = typeof id === 'string' && id.length > 2 ? '__proto__' : 'a';
          if (refusalOf(() => recruiter.setRate(target, rate as number)) !== undefined) {
            expect(seen(recruiter)).toBe(before);
          }
          refusalOf(() => recruiter.setRate(id as string, rate as number));
          refusalOf(() => recruiter.pause(id as string));
          refusalOf(() => recruiter.resume(id as string));
        }
        const sum = recruiter.jobs.reduce((all, { rate }) => all + rate, 0);
        expect(sum).toBeLessThanOrEqual(1 + 1e-9);
      }),
      { numRuns: RUNS, seed: 4 },
    );
  });
});

const results = fc.oneof(
  anything,
  optionsOf({ done: fc.nat(), limit: fc.nat() }),
  anything.map(({ what, make }) => new Hostile(`a rejection with ${what}`, () => Promise.reject(make()))),
);

describe('Anything at all as the result of a slice', () => {
  it('becomes an outcome, and never an unhandled rejection', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    const recruiter = new Recruiter('default', { clock: new ManualClock() });
    let result: unknown;
    recruiter.install({ recruited: () => result as Duty }, 'job', 0.1);
    await fc.assert(
      fc.asyncProperty(results, async (value) => {
        result = value.make();
        const report = await recruiter.recruit('job');
        expect(OUTCOMES).toContain(report.outcome);
        expect(recruiter.inFlight).toBe(0);
      }),
      { numRuns: RUNS, seed: 5 },
    );
    await new Promise(setImmediate);
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
    const [{ counts, items, errors }] = recruiter.jobs as [Recruiter['jobs'][number]];
    expect(OUTCOMES.reduce((sum, outcome) => sum + counts[outcome], 0)).toBeGreaterThanOrEqual(RUNS);
    expect(Number.isFinite(items)).toBe(true);
    expect(errors.length).toBeLessThanOrEqual(10);
  });

  it('is survived when it is thrown, or rejected with', async () => {
    const recruiter = new Recruiter('default', { clock: new ManualClock() });
    let reason: unknown;
    recruiter.install(
      {
        recruited: () => {
          throw reason;
        },
      },
      'throws',
      0.1,
    );
    recruiter.install({ recruited: () => Promise.reject(reason) }, 'rejects', 0.1);
    await fc.assert(
      fc.asyncProperty(anything, async (value) => {
        reason = value.make();
        for (const id of ['throws', 'rejects']) {
          expect((await recruiter.recruit(id)).outcome).toBe('failed');
        }
        for (const { lastError } of recruiter.jobs) expect(typeof lastError!.message).toBe('string');
      }),
      { numRuns: RUNS, seed: 6 },
    );
  });
});

describe('Anything at all for the other methods of a recruiter', () => {
  const methods: ['recruit' | 'survey' | 'useCoordinator' | 'instrument', fc.Arbitrary<Hostile>][] = [
    ['recruit', mostly(fc.constant('job'))],
    ['survey', mostly(fc.constant('job'))],
    ['useCoordinator', mostly(fc.constant({ pace: { take: () => Promise.resolve(0) } }))],
    ['instrument', mostly(fc.constant(() => undefined))],
  ];

  it.each(methods)('%s() works, or is refused with the documented error', async (method, argument) => {
    const recruiter = recruiterOf();
    recruiter.install(honest, 'job', 0.4);
    await fc.assert(
      fc.asyncProperty(argument, async (given) => {
        try {
          const undo = await (recruiter[method] as (value: unknown) => unknown)(given.make());
          if (typeof undo === 'function') (undo as () => void)();
        } catch (error) {
          if (!(error instanceof TypeError)) expectDocumented(error);
        }
      }),
      { numRuns: RUNS, seed: 8 },
    );
    expect(await recruiter.recruit('job')).toMatchObject({ outcome: 'partial' });
  });
});

describe('Anything at all from what a recruiter is given', () => {
  it('a clock and a source of chance that talk nonsense never reach whoever enlists', async () => {
    await fc.assert(
      fc.asyncProperty(mostly(fc.double(), 1), mostly(fc.double(), 1), async (time, chance) => {
        const manual = new ManualClock();
        const recruiter = new Recruiter('default', {
          idle: false,
          clock: { now: () => time.make() as number, after: (ms, callback) => manual.after(ms, callback) },
          random: { next: () => chance.make() as number },
        });
        recruiter.install(honest, 'job', 0.5);
        recruiter.open();
        recruiter.enlistDetached();
        const enlisted = recruiter.enlist();
        manual.advance(60_000);
        expect([Duty.DISMISSED, Duty.RECRUITED]).toContain(await enlisted);
        await recruiter.close();
      }),
      { numRuns: RUNS, seed: 9 },
    );
  });

  it('coordinators of leases and of paces that answer nonsense end a slice with an outcome', async () => {
    const [lease, wait] = [anything, anything];
    await fc.assert(
      fc.asyncProperty(lease, wait, async (granted, paced) => {
        const recruiter = new Recruiter('default', { clock: new ManualClock() });
        recruiter.useCoordinator({ lease: { acquire: () => granted.make() as never } });
        recruiter.useCoordinator({ pace: { take: () => paced.make() as never } });
        recruiter.install(honest, 'job', { rate: 0.5, lease: { ttl: 1000 }, pace: { perSecond: 10 } });
        expect(OUTCOMES).toContain((await recruiter.recruit('job')).outcome);
        expect(recruiter.inFlight).toBe(0);
      }),
      { numRuns: RUNS, seed: 10 },
    );
  });

  it('a job that answers nonsense to questions about its work has no answer, and harms nobody', async () => {
    const recruiter = recruiterOf();
    await fc.assert(
      fc.asyncProperty(anything, anything, async (backlog, progress) => {
        const job = {
          ...honest,
          backlog: () => backlog.make() as never,
          progress: () => progress.make() as never,
        };
        const uninstall = recruiter.install(job, 'asked', 0.1);
        const survey = await recruiter.survey('asked');
        expect(survey.backlog === undefined || survey.backlog >= 0).toBe(true);
        uninstall();
      }),
      { numRuns: RUNS, seed: 11 },
    );
  });
});

describe('Anything at all as an event or a listener', () => {
  it('is refused with a TypeError, or heard', () => {
    const recruiter = recruiterOf();
    fc.assert(
      fc.property(mostly(fc.constantFrom('slice', 'gated', 'error', 'rate')), anything, (event, listener) => {
        let undo: (() => void) | undefined;
        try {
          undo = recruiter.on(event.make() as 'slice', listener.make() as () => void);
        } catch (error) {
          expect(error instanceof TypeError || isFromTheValue(error)).toBe(true);
        }
        undo?.();
      }),
      { numRuns: RUNS, seed: 7 },
    );
  });
});
