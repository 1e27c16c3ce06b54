import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JobReport } from '../../fleet/process-report.js';
import { OUTCOMES } from '../../recruiter/outcome.js';
import { Log } from '../../logging/log.js';
import { readHeartbeat, writeHeartbeat } from './heartbeat-codec.js';
import { pack, readError, readJobs, writeError, writeJobs } from './jobs-codec.js';
import { readEntry, readOrders, readRevision, writeOrders } from './orders-codec.js';

const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 512 });
const count = fc.nat();
const share = fc.double({ min: 0, max: 1, noNaN: true });
const thousandths = fc.nat(1_000_000).map((number) => number / 1000);
const time = fc.integer({ min: 1, max: 2 ** 43 }).map((at) => new Date(at));
const pass = fc.record({
  dueAt: time,
  beganAt: time,
  endedAt: fc.option(time, { nil: undefined }),
  slices: count,
  done: count,
  skipped: count,
});
const period: fc.Arbitrary<NonNullable<JobReport['period']>> = fc.record({
  every: fc.integer({ min: 100, max: 2 ** 45 }),
  scope: fc.constantFrom('fleet', 'process'),
  dueAt: fc.option(time, { nil: undefined }),
  lastPass: fc.option(pass, { nil: undefined }),
  overdueBy: thousandths,
});
const job: fc.Arbitrary<JobReport> = fc.record({
  recruiter: text,
  id: fc.oneof(text, fc.constant('__proto__')),
  rate: share,
  declaredRate: share,
  isDefaultRate: fc.boolean(),
  effectiveRate: share,
  paused: fc.boolean(),
  budget: thousandths,
  counts: fc.record(Object.fromEntries(OUTCOMES.map((outcome) => [outcome, count]))) as fc.Arbitrary<
    JobReport['counts']
  >,
  gatedBy: fc.constantFrom({}, { paused: 3 }, { busy: 1, loaded: 2 }),
  gatedLooks: fc.constantFrom({}, { loaded: 1 }),
  items: count,
  overruns: count,
  more: fc.boolean(),
  slicesPerSecond: thousandths,
  itemsPerSecond: thousandths,
  durations: fc.option(
    fc.record({ mean: thousandths, p50: thousandths, p99: thousandths, max: thousandths }),
    {
      nil: undefined,
    },
  ),
  period: fc.option(period, { nil: undefined }),
  lastWorkAt: fc.option(fc.integer({ min: 1, max: 2 ** 43 }), { nil: undefined }),
  lastError: fc.constant(undefined),
});
const stranger = fc.oneof(
  fc.string(),
  fc.json(),
  fc.json().map((json) => `1:${json}`),
  fc.json().map((json) => `1:1:${json}`),
);

describe('What a process writes into Redis', () => {
  it('is read as it was: jobs with whatever names', () => {
    fc.assert(
      fc.property(fc.array(job, { maxLength: 5 }), (jobs) => {
        const plain = (reports: readonly JobReport[]) =>
          reports.map(({ counts, ...rest }) => ({ ...rest, ...counts }));
        expect(plain(readJobs(pack(writeJobs(jobs))))).toEqual(plain(jobs));
      }),
      { seed: 1 },
    );
  });

  it('is read with nothing in place of what a process of the version before does not say', () => {
    const [report] = fc.sample(job, { numRuns: 1, seed: 2 }) as [JobReport];
    const written = JSON.parse(writeJobs([report])) as unknown[][];
    const read = (fields: number) =>
      readJobs(pack(JSON.stringify(written.map((each) => each.slice(0, fields)))));
    const periodless = { isDefaultRate: false, period: undefined };
    expect(read(17)).toEqual([{ ...report, ...periodless }]);
    expect(read(14)).toEqual([{ ...report, ...periodless, overruns: 0, more: false, gatedLooks: {} }]);
  });

  it('can be read whatever a coordinator said of a pass', () => {
    const [report] = fc.sample(job, { numRuns: 1, seed: 2 }) as [JobReport];
    const nonsense = {
      dueAt: new Date(NaN),
      beganAt: 'soon',
      slices: -1,
      done: Infinity,
      skipped: undefined,
    };
    const said = { every: 100, scope: 'fleet', dueAt: undefined, overdueBy: NaN, lastPass: nonsense };
    const [read] = readJobs(pack(writeJobs([{ ...report, period: said as unknown as JobReport['period'] }])));
    expect(read?.period).toEqual({
      every: 100,
      scope: 'fleet',
      dueAt: undefined,
      overdueBy: 0,
      lastPass: {
        dueAt: new Date(0),
        beganAt: new Date(0),
        endedAt: undefined,
        slices: 0,
        done: 0,
        skipped: 0,
      },
    });
  });

  it('is read as it was: itself', () => {
    const process = {
      id: 'p',
      host: '<b>',
      pid: 7,
      version: undefined,
      since: 5,
      utilization: 0.123,
      inFlight: 1,
      enlistments: 9,
      enlistmentsPerSecond: 1.5,
    };
    const recruiters = [{ name: '__proto__', enlistments: 9, enlistmentsPerSecond: 1.5 }];
    const heartbeat = readHeartbeat('p', `17:3:${writeHeartbeat({ process, recruiters })}`);
    expect(heartbeat).toEqual({ facts: process, recruiters, seenAt: 17, jobsVersion: '3' });
  });

  it('is read as it was: orders, and an error cut to its bounds', () => {
    const told = { by: 'ann:"', at: new Date(3) };
    const orders = {
      revision: 0,
      rates: new Map([['["default","__proto__"]', { rate: 0.5, ...told }]]),
      pauses: new Map([['["{}"]', told]]),
    };
    const pairs = writeOrders(orders);
    const fields = { [pairs[0]!]: pairs[1]!, [pairs[2]!]: pairs[3]! };
    expect(readOrders(fields, new Log('Test'))).toEqual(orders);
    const error = {
      at: new Date(9),
      reason: 'error' as const,
      message: 'm'.repeat(5000),
      duration: 2,
      process: 'p',
    };
    const [, value] = writeError({ recruiter: 'r', id: 'i' } as JobReport, {
      ...error,
      stack: 's'.repeat(9000),
    });
    expect(readError(value)).toEqual({ ...error, message: 'm'.repeat(1000), stack: 's'.repeat(4000) });
  });
});

describe('What somebody else wrote into Redis', () => {
  it.each<[string, (written: string) => unknown]>([
    ['a process', (written) => readHeartbeat('p', written)],
    ['jobs', (written) => readJobs(deflateRawSync(written))],
    ['jobs that are not packed', (written) => readJobs(Buffer.from(written))],
    ['an error', readError],
    ['an entry of the audit list', readEntry],
  ])('is no %s, or is one: it never is half of one', (_what, read) => {
    fc.assert(
      fc.property(stranger, (written) => {
        try {
          const found = read(written);
          expect(JSON.stringify(found)).not.toContain('null');
        } catch (error) {
          // Errors of zlib are of another realm than the tests'.
          expect(error).toHaveProperty('stack');
        }
      }),
      { seed: 2 },
    );
  });

  it('is no revision unless it is a whole number', () => {
    const known = ['12', '', 'x', '-1', '1e3', '99999999999999999999', null].map(readRevision);
    expect(known).toEqual([12, 0, 0, 0, 0, 0, 0]);
  });

  it('is not unpacked beyond all bounds', () => {
    const bomb = deflateRawSync(Buffer.alloc(40 * 1024 * 1024, ' '));
    expect(() => readJobs(bomb)).toThrow(/larger than/);
  });
});
