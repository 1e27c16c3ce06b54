import { describe, expect, it } from '@jest/globals';
import { OUTCOMES, type Outcome } from '../index.js';
import { sampleOf, updateOf, type FleetSnapshot } from './fleet-snapshot.js';
import type { SentJob } from './wire.js';

function job(ref: number, some: Partial<Record<Outcome, number>>, processes = 2): SentJob {
  const counts = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, some[outcome] ?? 0]));
  return { ref, counts, processes } as unknown as SentJob;
}

function look(at: number, ...jobs: SentJob[]): FleetSnapshot {
  return {
    at,
    scope: 'fleet',
    jobs: new Map(jobs.map((each) => [each.ref, each])),
    processes: [],
    totals: { processes: 2, enlistmentsPerSecond: 0, inFlight: 0 },
    audit: [],
    problem: null,
  };
}

describe('sampleOf', () => {
  it('counts what was drawn between two looks, and leaves out jobs that nothing was drawn for', () => {
    const before = look(1000, job(0, { full: 5, gated: 2 }), job(1, { idle: 7 }));
    const now = look(3500, job(0, { full: 9, gated: 3 }), job(1, { idle: 7 }));
    expect(sampleOf(before, now)).toEqual({ at: 3500, seconds: 2.5, jobs: [[0, 4, 0, 0, 0, 0, 1]] });
  });

  it('takes no process that has gone for work undone', () => {
    const before = look(0, job(0, { full: 900, idle: 10 }, 3));
    expect(sampleOf(before, look(1000, job(0, { full: 600, idle: 12 }, 2))).jobs).toEqual([
      [0, 0, 0, 2, 0, 0, 0],
    ]);
  });

  it('takes no process that has come back with all that it ever did for work of now', () => {
    const before = look(0, job(0, { full: 600 }, 2), job(1, { full: 1 }, 2));
    const now = look(1000, job(0, { full: 90_000 }, 3), job(1, { full: 3 }, 2));
    expect(sampleOf(before, now).jobs).toEqual([[1, 2, 0, 0, 0, 0, 0]]);
  });

  it('counts a job that was not there before from the next look on', () => {
    const now = look(1000, job(7, { full: 3 }));
    expect(sampleOf(look(0), now).jobs).toEqual([]);
    expect(sampleOf(now, look(2000, job(7, { full: 4 }))).jobs).toEqual([[7, 1, 0, 0, 0, 0, 0]]);
  });
});

describe('updateOf', () => {
  it('sends only what looks otherwise than before', () => {
    const before = look(0, job(0, { full: 1 }), job(1, {}));
    const now = look(1000, job(0, { full: 2 }), job(1, {}));
    expect(updateOf(before, now, null)).toMatchObject({
      at: 1000,
      jobs: [{ ref: 0 }],
      order: null,
      audit: null,
    });
  });

  it('sends the order where jobs have come, gone or changed places', () => {
    const [one, two] = [job(0, {}), job(1, {})];
    for (const now of [look(1, one), look(1, two, one), look(1, one, two, job(2, {}))]) {
      expect(updateOf(look(0, one, two), now, null).order).toEqual([...now.jobs.keys()]);
    }
  });
});
