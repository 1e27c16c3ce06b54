import { describe, expect, it } from '@jest/globals';
import { evidenceOf } from './rate-evidence.js';
import type { RateFacts } from './rate-facts.js';

type Seen = Partial<Omit<RateFacts, 'counts'>> & { counts?: Partial<RateFacts['counts']> };

/** Ten minutes with 60,000 enlistments and 180 draws, unless said otherwise. */
function evidence({ counts, ...rest }: Seen) {
  const none = { full: 0, partial: 0, idle: 0, failed: 0, aborted: 0, gated: 0 };
  const facts = { seconds: 600, enlistments: 60_000, rate: 0.003, room: 1, items: 0, gatedBy: {}, ...rest };
  return evidenceOf({ ...facts, counts: { ...none, ...counts } });
}

describe('The full slices that were needed', () => {
  const needed = (seen: Seen) => evidence(seen).needed;

  it('are those that were full where nobody counts the backlog', () => {
    expect(needed({ counts: { full: 30 }, items: 1500 })).toBe(30);
  });

  it('are more by what the growth of the backlog takes, fewer by what its decline gave', () => {
    const seen = { counts: { full: 20, partial: 10 }, items: 1200 };
    expect(needed({ ...seen, backlog: { before: 100, after: 500 } })).toBe(30);
    expect(needed({ ...seen, backlog: { before: 500, after: 100 } })).toBe(10);
    expect(needed({ ...seen, backlog: { before: 5000, after: 0 } })).toBe(0);
  });

  it('are in proportion to the backlog where slices do not count items, at most twice as many', () => {
    const seen = { counts: { full: 100 } };
    expect(needed({ ...seen, backlog: { before: 1000, after: 1500 } })).toBe(150);
    expect(needed({ ...seen, backlog: { before: 1000, after: 400 } })).toBe(40);
    expect(needed({ ...seen, backlog: { before: 0, after: 50 } })).toBe(200);
  });

  it('are none where no slice did work', () => {
    expect(needed({ items: 10, backlog: { before: 0, after: 50 } })).toBe(0);
  });
});

describe('The draws that passed back-off', () => {
  it('were held by a gate or run, as far as the draws go', () => {
    const gatedBy = { 'backed-off': 80, busy: 10, loaded: 20 };
    expect(evidence({ gatedBy, counts: { full: 400 } }).attempts).toBe(100);
    expect(evidence({ gatedBy, counts: { full: 60 } }).attempts).toBe(90);
  });

  it('were not held by the end of the process', () => {
    expect(evidence({ gatedBy: { closing: 9, busy: 1 } }).heldBy).toEqual({ busy: 1 });
    const looks = { gatedBy: { loaded: 9, 'lease-held': 3 }, gatedLooks: { loaded: 4, 'lease-held': 3 } };
    expect(evidence(looks).heldBy).toEqual({ loaded: 5, 'lease-held': 0 });
  });

  it('were not held by anything where the facts say nothing of gates', () => {
    const { gatedBy, ...facts } = { gatedBy: undefined, counts: { full: 4 } };
    expect(evidence({ ...facts, gatedBy: gatedBy as never })).toMatchObject({
      backedOff: 0,
      heldBy: {},
      attempts: 4,
    });
  });
});

describe('The time that slices took', () => {
  it('is a share of the time of all processes', () => {
    expect(evidence({ processes: 4, sliceDuration: 20, counts: { full: 1200 } })).toMatchObject({
      sliceDuration: 20,
      timeShare: 0.01,
      dutyRate: 0.1,
    });
  });

  it.each<[string, Seen]>([
    ['nobody timed them', { counts: { full: 1200 } }],
    ['the window has no length', { seconds: 0, sliceDuration: 20, counts: { full: 1200 } }],
  ])('is unknown where %s', (_, seen) => {
    expect(evidence(seen)).toMatchObject({
      sliceDuration: undefined,
      timeShare: undefined,
      dutyRate: Infinity,
    });
  });

  it('sets no bound to the rate where nobody enlists', () => {
    expect(evidence({ enlistments: 0, sliceDuration: 20 }).dutyRate).toBe(Infinity);
  });
});

describe('The mean time between looks at a job without known work', () => {
  it.each<[RateFacts['interval'], number]>([
    [undefined, 120_000],
    [30_000, 30_000],
    [false, Infinity],
  ])('given as %p is %d ms', (interval, ms) => {
    expect(evidence({ interval }).interval).toBe(ms);
  });
});

describe('Facts that are no numbers', () => {
  it.each([['600'], [600n], [null], [NaN], [-1], [[600]]])('count as 0: %p', (given) => {
    expect(evidence({ seconds: given as never }).seconds).toBe(0);
  });
});
