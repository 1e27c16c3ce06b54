import fc from 'fast-check';
import { ManualClock, SeededRandom } from 'nestjs-work-stealing/testing';
import { mostly, optionsOf } from './hostile.js';

const share = fc.double({ min: 0, max: 1, noNaN: true });
const ms = fc.oneof(fc.integer({ min: 1, max: 100_000 }), fc.double({ min: 0.1, max: 1000, noNaN: true }));

/** Options of a recruiter, and of the module. */
export const recruiterOptions = optionsOf({
  enabled: fc.boolean(),
  budget: ms,
  concurrency: fc.integer({ min: 1, max: 10 }),
  dutyCycle: fc.double({ min: 0.001, max: 1, noNaN: true }),
  load: fc.oneof(fc.constant(false), optionsOf({ low: share, high: share })),
  adaptive: fc.boolean(),
  idle: fc.oneof(fc.constant(false), optionsOf({ interval: ms })),
  shutdownGrace: ms,
  rates: fc.dictionary(fc.string(), share),
  random: fc.constant(new SeededRandom(1)),
  clock: fc.constant(new ManualClock()),
});

/** What is declared of a job, beside its name. */
export const JOB_FIELDS = {
  rate: share,
  budget: ms,
  adaptive: fc.boolean(),
  lease: optionsOf({ ttl: ms }),
  pace: optionsOf({ perSecond: fc.double({ min: 0.001, max: 10_000, noNaN: true }) }),
  expectWorkWithin: ms,
};

/** A rate, or options of a job. */
export const jobOptions = fc.oneof(
  { weight: 1, arbitrary: mostly(share) },
  { weight: 4, arbitrary: optionsOf(JOB_FIELDS) },
);
