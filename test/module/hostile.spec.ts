import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Injectable, type DynamicModule, type Provider } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import fc from 'fast-check';
import { Observable } from 'rxjs';
import {
  Enlist,
  EnlistInterceptor,
  getRecruiterToken,
  Recruiter,
  StealableJob,
  WorkStealingConfigError,
  WorkStealingModule,
  type EnlistOptions,
} from 'nestjs-work-stealing';
import { adviseRate, FleetService } from 'nestjs-work-stealing/fleet';
import {
  deterministic,
  dismissAll,
  ManualClock,
  recruitNext,
  SeededRandom,
  WorkStealingTestingModule,
} from 'nestjs-work-stealing/testing';
import { JOB_FIELDS, recruiterOptions } from '../support/hostile-options.js';
import { anything, Hostile, isFromTheValue, mostly, optionsOf, RUNS } from '../support/hostile.js';

/** Where an application is begun and ended for each case: fewer, unless all is wanted (`npm run hostile`). */
const APPLICATIONS = RUNS >= 10_000 ? RUNS : Math.ceil(RUNS / 10);
const PATIENCE = 30_000 + APPLICATIONS * 60;
const ms = fc.integer({ min: 1, max: 100_000 });
const text = fc.string({ minLength: 1, maxLength: 10 });

/** Rethrows all but a documented error and the value's own. */
function expectRefusal(error: unknown): void {
  if (!(error instanceof WorkStealingConfigError) && !isFromTheValue(error)) throw error;
  if (error instanceof WorkStealingConfigError) expect(error.problems.length).toBeGreaterThan(0);
}

/** Begins an application, and ends it. Whether it began. */
async function begins(...imports: DynamicModule[]): Promise<boolean> {
  return beginsWith([], ...imports);
}

async function beginsWith(providers: Provider[], ...imports: DynamicModule[]): Promise<boolean> {
  class Root {}
  const root = { module: Root, imports, providers };
  try {
    const app = await NestFactory.createApplicationContext(root, { logger: false, abortOnError: false });
    await app.close();
    return true;
  } catch (error) {
    expectRefusal(error);
    return false;
  }
}

const core = () => WorkStealingModule.forRoot({ idle: false });

const modules: [string, (options: never) => DynamicModule[], fc.Arbitrary<Hostile>][] = [
  ['WorkStealingModule.forRoot', (options) => [WorkStealingModule.forRoot(options)], recruiterOptions],
  [
    'WorkStealingModule.forRootAsync',
    (options) => [WorkStealingModule.forRootAsync({ useFactory: () => options })],
    recruiterOptions,
  ],
  [
    'WorkStealingModule.registerRecruiter',
    (options) => [core(), WorkStealingModule.registerRecruiter('mail', options)],
    recruiterOptions,
  ],
  [
    'WorkStealingTestingModule.forRoot',
    (options) => [WorkStealingTestingModule.forRoot(options)],
    recruiterOptions,
  ],
  ['deterministic', (options) => [WorkStealingModule.forRoot(deterministic(options))], recruiterOptions],
];

describe('Anything at all as options of a module', () => {
  it.each(modules)(
    '%s: the application begins and ends, or is refused with the documented error',
    async (_, make, options) => {
      let begun = 0;
      await fc.assert(
        fc.asyncProperty(options, async (given) => {
          let imports: DynamicModule[];
          try {
            imports = make(given.make() as never);
          } catch (error) {
            return expectRefusal(error);
          }
          if (await begins(...imports)) begun++;
        }),
        { numRuns: APPLICATIONS, seed: 1 },
      );
      expect(begun).toBeGreaterThan(0);
    },
    PATIENCE,
  );

  it(
    'as the name of a recruiter: there is one of that name, or a refusal',
    async () => {
      await fc.assert(
        fc.asyncProperty(mostly(text), async (given) => {
          const made = given.make() as string;
          let module: DynamicModule;
          try {
            module = WorkStealingModule.registerRecruiter(made, { idle: false });
          } catch (error) {
            return expectRefusal(error);
          }
          await begins(core(), module);
        }),
        { numRuns: APPLICATIONS, seed: 2 },
      );
    },
    PATIENCE,
  );
});

const declarations = optionsOf({ ...JOB_FIELDS, id: text, recruiter: fc.constant('default') });

describe('Anything at all in a decorator', () => {
  it(
    '@StealableJob() on a class and on a method: there is such a job, or a refusal',
    async () => {
      await fc.assert(
        fc.asyncProperty(declarations, fc.boolean(), async (given, onClass) => {
          class Chore {
            recruited(): void {}
          }
          try {
            const decorate = StealableJob(given.make() as number);
            if (onClass) decorate(Chore);
            else {
              const method = Object.getOwnPropertyDescriptor(Chore.prototype, 'recruited')!;
              decorate(Chore.prototype, 'recruited', method);
            }
          } catch (error) {
            return expectRefusal(error);
          }
          await beginsWith([Chore], core());
        }),
        { numRuns: APPLICATIONS, seed: 3 },
      );
    },
    PATIENCE,
  );

  const enlistOptions = optionsOf({
    when: fc.constantFrom(
      () => true,
      () => false,
    ),
    on: fc.constantFrom('success', 'settled'),
    inline: fc.boolean(),
    recruiter: fc.constant('default'),
  });

  it('@Enlist(): the method is what it was, or a refusal', () => {
    fc.assert(
      fc.property(enlistOptions, anything, (given, result) => {
        class Pages {
          page(): unknown {
            return undefined;
          }
        }
        const value = result.make();
        const descriptor = { value: () => value, writable: true, configurable: true, enumerable: false };
        try {
          Enlist(given.make() as EnlistOptions)(Pages.prototype, 'page', descriptor);
        } catch (error) {
          return expectRefusal(error);
        }
        let answer: unknown;
        try {
          answer = descriptor.value.call(new Pages());
        } catch (error) {
          return expectRefusal(error);
        }
        // A native promise may be another one, which settles alike.
        if (!(result.what === 'a promise of another species' || isPromise(value)))
          expect(same(answer, value)).toBe(true);
        if (isPromise(answer)) (answer as Promise<unknown>).catch(() => {});
      }),
      { numRuns: RUNS, seed: 4 },
    );
  });

  it('EnlistInterceptor.for(): what the handler emits comes through, or a refusal', async () => {
    await fc.assert(
      fc.asyncProperty(enlistOptions, anything, async (given, result) => {
        const value = result.make();
        let Interceptor: ReturnType<typeof EnlistInterceptor.for>;
        try {
          Interceptor = EnlistInterceptor.for(given.make() as EnlistOptions);
        } catch (error) {
          return expectRefusal(error);
        }
        const context = { getArgs: () => [], getType: () => 'http' } as never;
        const handle = () => new Observable((subscriber) => subscriber.next(value));
        const intercepted = await new Interceptor().intercept(context, { handle });
        let emitted: unknown;
        intercepted.subscribe((each) => (emitted = each));
        expect(same(emitted, value)).toBe(true);
      }),
      { numRuns: RUNS, seed: 5 },
    );
  });

  it('getRecruiterToken(): a token, or a refusal', () => {
    fc.assert(
      fc.property(mostly(text), (given) => {
        try {
          expect(getRecruiterToken(given.make() as string)).toBeDefined();
        } catch (error) {
          expectRefusal(error);
        }
      }),
      { numRuns: RUNS, seed: 6 },
    );
  });
});

describe('Anything at all as a provider', () => {
  it(
    'is no job, or one, and never ends the bootstrap unless it says itself what is wrong',
    async () => {
      await fc.assert(
        fc.asyncProperty(anything, async (given) => {
          const made = given.make();
          // Nest itself waits for promises, and looks at what they resolve to.
          if (isPromise(made) || given.what.includes('then')) return;
          await beginsWith([{ provide: 'value', useFactory: () => ({ inner: made }) }], core());
        }),
        { numRuns: APPLICATIONS, seed: 7 },
      );
    },
    PATIENCE,
  );

  it.each([
    ['frozen', () => Object.freeze(new Chore())],
    ['without a prototype', () => Object.assign(Object.create(null) as object, { recruited: () => 1 })],
    ['behind a Proxy', () => new Proxy(new Chore(), {})],
    [
      'behind a getter that throws',
      () =>
        Object.defineProperty(new Chore(), 'other', {
          get: () => {
            throw new Error('get');
          },
        }),
    ],
    ['sealed', () => Object.seal(new Chore())],
  ])('a job that is %s begins', async (_, make) => {
    expect(await beginsWith([{ provide: Chore, useFactory: make }], core())).toBe(true);
  });
});

@Injectable()
@StealableJob(0.1)
class Chore {
  recruited(): void {}
}

describe('Anything at all as an order to the fleet', () => {
  let app: Awaited<ReturnType<typeof NestFactory.createApplicationContext>>;

  beforeAll(async () => {
    class Root {}
    app = await NestFactory.createApplicationContext(
      { module: Root, imports: [core()], providers: [Chore] },
      { logger: false },
    );
  });
  afterAll(() => app?.close());

  const job = optionsOf({
    id: fc.constantFrom('Chore', 'other', '__proto__'),
    recruiter: fc.constant('default'),
  });
  const orders: [keyof FleetService, fc.Arbitrary<Hostile>[]][] = [
    ['setRate', [job, mostly(fc.double({ min: 0, max: 1, noNaN: true })), mostly(text)]],
    ['resetRate', [job, mostly(text)]],
    ['pause', [job, mostly(text)]],
    ['resume', [job, mostly(text)]],
    ['runOnce', [job, mostly(text)]],
    ['audit', [mostly(ms)]],
  ];

  it.each(orders)(
    '%s() is done, or refused with the documented error and nothing changed',
    async (method, args) => {
      const fleet = app.get(FleetService);
      const recruiter = app.get(Recruiter);
      await fc.assert(
        fc.asyncProperty(fc.tuple(...args), async (given) => {
          const before = JSON.stringify(recruiter.jobs.map(({ id, rate, paused }) => [id, rate, paused]));
          try {
            await (fleet[method] as (...values: unknown[]) => Promise<unknown>)(
              ...given.map((each) => each.make()),
            );
          } catch (error) {
            expectRefusal(error);
            const after = JSON.stringify(recruiter.jobs.map(({ id, rate, paused }) => [id, rate, paused]));
            expect(after).toBe(before);
          }
        }),
        { numRuns: RUNS, seed: 8 },
      );
    },
    PATIENCE,
  );
});

describe('Anything at all for the helpers of tests', () => {
  it('a clock moves, or refuses with a RangeError', () => {
    fc.assert(
      fc.property(mostly(ms), fc.constantFrom('advance', 'jump', 'new'), (given, how) => {
        const value = given.make() as number;
        try {
          const clock = new ManualClock(how === 'new' ? value : 0);
          if (how !== 'new') clock[how as 'advance'](value);
          expect(Number.isFinite(clock.now())).toBe(true);
        } catch (error) {
          if (!(error instanceof RangeError)) expectRefusal(error);
        }
      }),
      { numRuns: RUNS, seed: 9 },
    );
  });

  it('a seed repeats, or is refused with a RangeError', () => {
    fc.assert(
      fc.property(mostly(fc.integer()), (given) => {
        const seed = given.make() as number;
        try {
          expect(new SeededRandom(seed).next()).toBe(new SeededRandom(seed).next());
        } catch (error) {
          if (!(error instanceof RangeError)) expectRefusal(error);
        }
      }),
      { numRuns: RUNS, seed: 10 },
    );
  });

  it('recruitNext() finds the job, or refuses and leaves the rates as they are', async () => {
    const recruiter = new Recruiter('default', { clock: new ManualClock(), random: new SeededRandom(1) });
    recruiter.install({ recruited: () => undefined }, 'job', 0.25);
    await fc.assert(
      fc.asyncProperty(mostly(fc.constant('job')), async (given) => {
        const id = given.make() as string;
        try {
          const next = recruitNext(recruiter, id);
          recruiter.open();
          recruiter.enlistDetached();
          await next;
        } catch (error) {
          expectRefusal(error);
        }
        expect(recruiter.jobs[0]!.rate).toBe(0.25);
        dismissAll(recruiter)();
        expect(recruiter.jobs[0]!.rate).toBe(0.25);
      }),
      { numRuns: RUNS, seed: 11 },
    );
  });
});

describe('Anything at all as facts of a rate', () => {
  const number = mostly(fc.double({ min: 0, max: 1e6, noNaN: true }));
  const facts = optionsOf({
    rate: number,
    room: number,
    enlistments: number,
    items: number,
    seconds: number,
    processes: number,
    counts: optionsOf({
      full: number,
      partial: number,
      idle: number,
      aborted: number,
      failed: number,
      gated: number,
    }),
    gatedBy: optionsOf({ 'backed-off': number }),
    backlog: optionsOf({ before: number, after: number }),
    sliceDuration: number,
    budget: number,
    dutyCycle: number,
    interval: number,
  });

  it('is advice from 0 to 1, or a TypeError where there are no facts', () => {
    fc.assert(
      fc.property(facts, (given) => {
        try {
          const { suggested, reason } = adviseRate(given.make() as Parameters<typeof adviseRate>[0]);
          expect(suggested).toBeGreaterThanOrEqual(0);
          expect(suggested).toBeLessThanOrEqual(1);
          expect(reason.length).toBeLessThan(1000);
        } catch (error) {
          if (!(error instanceof TypeError)) expectRefusal(error);
        }
      }),
      { numRuns: RUNS, seed: 12 },
    );
  });
});

/** The same value; NaN is the same as NaN. */
function same(one: unknown, other: unknown): boolean {
  return Object.is(one, other);
}

function isPromise(value: unknown): boolean {
  try {
    return value instanceof Promise;
  } catch {
    return false;
  }
}
