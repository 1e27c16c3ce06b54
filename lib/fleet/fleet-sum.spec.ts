import { describe, expect, it } from '@jest/globals';
import type { JobPeriodSnapshot } from '../recruiter/record/snapshot.js';
import { latestPeriod } from './fleet-sum.js';

const at = (time: number) => new Date(time);
const pass = { dueAt: at(1000), beganAt: at(1010), slices: 3, done: 9, skipped: 0 };
const period = (what: Partial<JobPeriodSnapshot> = {}): JobPeriodSnapshot => ({
  every: 500,
  scope: 'fleet',
  dueAt: undefined,
  lastPass: undefined,
  overdueBy: 0,
  ...what,
});

describe('What two processes know of the same periods', () => {
  it.each<[string, JobPeriodSnapshot, JobPeriodSnapshot, Partial<JobPeriodSnapshot>]>([
    ['the later due time', period({ dueAt: at(1500) }), period({ dueAt: at(2000) }), { dueAt: at(2000) }],
    ['the only due time', period(), period({ dueAt: at(2000) }), { dueAt: at(2000) }],
    [
      'the pass that fell due later',
      period({ lastPass: { ...pass, endedAt: at(1100) } }),
      period({ lastPass: { ...pass, dueAt: at(1500), slices: 1 } }),
      { lastPass: { ...pass, dueAt: at(1500), slices: 1 } },
    ],
    [
      'the same pass with more slices',
      period({ lastPass: { ...pass, slices: 4 } }),
      period({ lastPass: pass }),
      { lastPass: { ...pass, slices: 4 } },
    ],
    [
      'the end of the same pass',
      period({ lastPass: pass }),
      period({ lastPass: { ...pass, endedAt: at(1100) } }),
      { lastPass: { ...pass, endedAt: at(1100) } },
    ],
    ['the longer delay', period({ overdueBy: 5 }), period({ overdueBy: 7 }), { overdueBy: 7 }],
    [
      'no delay of a pass that another process knows to be over',
      period({ overdueBy: 5 }),
      period({ dueAt: at(2000) }),
      { dueAt: at(2000), overdueBy: 0 },
    ],
    [
      'the delay of one process where each has periods of its own',
      period({ scope: 'process', overdueBy: 5 }),
      period({ scope: 'process', dueAt: at(2000) }),
      { dueAt: at(2000), overdueBy: 5 },
    ],
  ])('is %s, in either order', (_what, a, b, known) => {
    expect(latestPeriod(a, b)).toEqual({ ...a, ...known });
    expect(latestPeriod(b, a)).toMatchObject(known);
  });

  it('is what one of them knows where the other is of an earlier version', () => {
    expect(latestPeriod(undefined, period())).toEqual(period());
    expect(latestPeriod(period(), undefined)).toEqual(period());
    expect(latestPeriod(undefined, undefined)).toBeUndefined();
  });
});
