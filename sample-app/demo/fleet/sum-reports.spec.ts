import { describe, expect, it } from '@jest/globals';
import { counts, job, report } from './fleet-status.fixture.js';
import { sumReports } from './sum-reports.js';

describe('sumReports', () => {
  it('is nothing for no reports', () => {
    expect(sumReports([])).toEqual(report());
  });

  it('adds up what was counted, job by job, and keeps the oldest overdue field and the furthest backfill', () => {
    const sum = sumReports([
      report({
        requests: 5,
        hits: 3,
        misses: 2,
        enlistments: 3,
        oldestOverdue: 90,
        searchKeys: { done: 200, total: 3201, eta: 9000, ended: false },
        jobs: [job({ items: 4, counts: counts({ full: 1, gated: 3 }), gatedBy: { busy: 1, loaded: 2 } })],
      }),
      report({
        requests: 1,
        hits: 1,
        misses: 0,
        enlistments: 1,
        oldestOverdue: 40,
        searchKeys: { done: 100, total: 3201, eta: 9500, ended: false },
        jobs: [
          job({ items: 6, counts: counts({ full: 2, idle: 5, gated: 4 }), gatedBy: { busy: 4 } }),
          job({ id: 'roll-up', items: 1 }),
        ],
      }),
    ]);
    expect(sum).toEqual({
      requests: 6,
      hits: 4,
      misses: 2,
      enlistments: 4,
      oldestOverdue: 90,
      searchKeys: { done: 200, total: 3201, eta: 9000, ended: false },
      jobs: [
        job({ items: 10, counts: counts({ full: 3, idle: 5, gated: 7 }), gatedBy: { busy: 5, loaded: 2 } }),
        job({ id: 'roll-up', items: 1 }),
      ],
    });
  });

  it('shows the rates of the last report', () => {
    const sum = sumReports([
      report({ jobs: [job({ effectiveRate: 0.1 })] }),
      report({ jobs: [job({ effectiveRate: 0.025 })] }),
    ]);
    expect(sum.jobs[0]).toMatchObject({ effectiveRate: 0.025 });
  });

  it('does not know the oldest field when one of the workers does not', () => {
    expect(
      sumReports([report({ oldestOverdue: null }), report({ oldestOverdue: 5 })]).oldestOverdue,
    ).toBeNull();
    expect(
      sumReports([report({ oldestOverdue: 5 }), report({ oldestOverdue: null })]).oldestOverdue,
    ).toBeNull();
  });
});
