import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { nodeLikeClock } from '../../test/support/node-like-clock.js';
import type { ManualClock } from '../testing/manual-clock.js';
import { SeededRandom } from '../testing/seeded-random.js';
import type { JobOptions } from './job-options.js';
import type { Slice, SliceResult } from './job.js';
import { Recruiter } from './recruiter.js';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

const id = fc.constantFrom('plain', 'leased', 'paced', 'late');
const call = fc.oneof(
  fc.record({ pause: fc.option(id, { nil: undefined }) }),
  fc.record({ resume: fc.option(id, { nil: undefined }) }),
  fc.record({ setRate: id, to: fc.constantFrom(0, 0.01, 0.2) }),
  fc.record({ recruit: id }),
  fc.constant({ install: true } as const),
  fc.constant({ undo: true } as const),
  fc.constant({ close: true } as const),
);
type Call = typeof call extends fc.Arbitrary<infer T> ? T : never;

const result = fc.constantFrom<unknown>(
  undefined,
  1,
  { done: 5, limit: 5 },
  { done: 0, more: true },
  { done: 3, more: false },
  { done: 0, limit: 5 },
  { done: 1, more: 1 },
  'throws',
);
/** A slice: what it calls at once and after it has waited, how long it waits, and what it returns. */
const slice = fc.record({
  first: fc.option(call, { nil: undefined, freq: 3 }),
  wait: fc.constantFrom(0, 1, 40, 70, 150, 1000),
  after: fc.option(call, { nil: undefined, freq: 3 }),
  result,
});
const step = fc.oneof(
  fc.record({ enlist: fc.nat({ max: 50 }) }),
  fc.record({ advance: fc.oneof(fc.nat({ max: 100 }), fc.nat({ max: 20_000 })) }),
  fc.record({ call }),
);
/** What the fleet answers when it is asked for a lease or a pace. */
const answer = fc.constantFrom('granted', 'refused', 'late', 'throws');

/** A recruiter whose jobs, and those who grant leases and paces, do what the test says. */
class World {
  readonly clock: ManualClock;
  readonly recruiter: Recruiter;
  readonly running = new Set<string>();
  readonly undo: (() => void)[] = [];
  slices: readonly (typeof slice extends fc.Arbitrary<infer T> ? T : never)[] = [];
  answers: readonly string[] = ['granted'];
  begun = 0;
  over = 0;
  leases = 0;
  isClosing = false;
  #asked = 0;

  constructor(seed: number, concurrency: number) {
    this.clock = nodeLikeClock(seed);
    this.recruiter = new Recruiter('calls', {
      concurrency,
      clock: this.clock,
      random: new SeededRandom(seed),
      load: false,
      shutdownGrace: 100,
    });
    this.recruiter.useCoordinator({ lease: { acquire: () => this.#answer(() => this.#lease(), undefined) } });
    this.recruiter.useCoordinator({ pace: { take: () => this.#answer(() => 0, 700) } });
    this.#install('plain', {});
    this.#install('late', { budget: 20 });
    this.#install('leased', { lease: { ttl: 500 } });
    this.#install('paced', { pace: { perSecond: 2 } });
    this.recruiter.on('slice', ({ outcome }) => {
      if (outcome !== 'gated') this.over++;
    });
  }

  call(each: Call | undefined): void {
    if (each === undefined) return;
    const isInstalled = (name: string) => this.recruiter.jobs.some((job) => job.id === name);
    if ('pause' in each && (each.pause === undefined || isInstalled(each.pause)))
      this.recruiter.pause(each.pause);
    if ('resume' in each && (each.resume === undefined || isInstalled(each.resume))) {
      this.recruiter.resume(each.resume);
    }
    if ('setRate' in each && isInstalled(each.setRate)) this.recruiter.setRate(each.setRate, each.to);
    if ('recruit' in each && isInstalled(each.recruit)) void this.recruiter.recruit(each.recruit);
    if ('install' in each && !isInstalled('plain')) this.#install('plain', {});
    if ('undo' in each) this.undo.shift()?.();
    if ('close' in each) {
      this.isClosing = true;
      void this.recruiter.close();
    }
  }

  #install(name: string, options: Omit<JobOptions, 'rate'>): void {
    this.undo.push(
      this.recruiter.install({ recruited: (given) => this.#recruited(given) }, name, {
        rate: 0.2,
        ...options,
      }),
    );
  }

  async #recruited({ jobId }: Slice): Promise<SliceResult> {
    const snapshot = this.recruiter.jobs.find((job) => job.id === jobId);
    if (this.isClosing) throw new Error(`"${jobId}" was begun while the recruiter closes`);
    if (snapshot === undefined) throw new Error(`"${jobId}" was begun though it was removed`);
    if (snapshot.paused) throw new Error(`"${jobId}" was begun though it is paused`);
    const { first, wait, after, result: returned } = this.slices[this.begun++ % this.slices.length]!;
    this.call(first);
    if (wait > 0) await new Promise<void>((resolve) => this.clock.after(wait, resolve));
    this.call(after);
    if (returned === 'throws') throw new Error('on purpose');
    return returned as SliceResult;
  }

  #lease() {
    this.leases++;
    let isHeld = true;
    const release = () => {
      if (isHeld) this.leases--;
      isHeld = false;
      return Promise.resolve();
    };
    return { fencingToken: 1, release };
  }

  async #answer<T>(granted: () => T, refused: T): Promise<T> {
    const what = this.answers[this.#asked++ % this.answers.length];
    if (what === 'throws') throw new Error('no answer');
    if (what === 'late') await new Promise<void>((resolve) => this.clock.after(200, resolve));
    return what === 'refused' ? refused : granted();
  }
}

describe('A recruiter on which everything is called at any moment, in its slices too', () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  beforeEach(() => void process.on('unhandledRejection', note));
  afterEach(() => void process.off('unhandledRejection', note));

  it('runs nothing that is paused, removed or closed, loses no place and no lease, and ends every slice once', async () => {
    const settings = fc.record({
      seed: fc.integer(),
      concurrency: fc.integer({ min: 1, max: 2 }),
      slices: fc.array(slice, { minLength: 1, maxLength: 5 }),
      answers: fc.array(answer, { minLength: 1, maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 40 }),
        settings,
        async (steps, { seed, concurrency, ...given }) => {
          const world = Object.assign(new World(seed, concurrency), given);
          const { recruiter, clock } = world;
          const wrong: string[] = [];
          recruiter.on('error', ({ error }) => {
            if (/was begun/.test(error.message)) wrong.push(error.message);
          });
          recruiter.open();
          for (const each of steps) {
            if ('enlist' in each) for (let time = 0; time < each.enlist; time++) recruiter.enlistDetached();
            else if ('advance' in each) clock.advance(each.advance);
            else world.call(each.call);
            await turn();
            expect(recruiter.inFlight).toBeLessThanOrEqual(concurrency);
          }
          world.slices = [{ first: undefined, wait: 0, after: undefined, result: { done: 0, limit: 1 } }];
          for (let wait = 0; wait < 8; wait++) {
            clock.advance(1000);
            await turn();
            await turn();
          }
          if (!world.isClosing) {
            recruiter.resume();
            for (const job of recruiter.jobs) recruiter.resume(job.id);
            const held = recruiter.jobs.filter((job) => job.rate > 0 && job.nextLookAt === undefined);
            if (recruiter.inFlight === 0) expect(held).toEqual([]);
          }
          const closed = recruiter.close();
          for (let wait = 0; wait < 8; wait++) {
            clock.advance(1000);
            await turn();
            await turn();
          }
          await closed;
          expect(wrong).toEqual([]);
          expect(recruiter.inFlight).toBe(0);
          expect(world.leases).toBe(0);
          // Asking for a lease in vain is a failed slice of which the job hears nothing.
          expect(world.over).toBeGreaterThanOrEqual(world.begun);
          expect(unhandled).toEqual([]);
        },
      ),
      { numRuns: Number(process.env['INVARIANT_RUNS'] ?? 300), seed: 4 },
    );
  }, 300_000);
});
