import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { adviseRate } from './rate-advice.js';
import type { RateFacts } from './rate-facts.js';

interface Seen extends Partial<Omit<RateFacts, 'counts'>> {
  full?: number;
  partial?: number;
  idle?: number;
  failed?: number;
  aborted?: number;
}

/** Ten minutes of one process with 100 enlistments a second, unless said otherwise. */
function facts({ full = 0, partial = 0, idle = 0, failed = 0, aborted = 0, ...rest }: Seen): RateFacts {
  return {
    seconds: 600,
    enlistments: 60_000,
    rate: 0.003,
    room: 1,
    items: 50 * full + 10 * partial,
    gatedBy: {},
    ...rest,
    counts: { full, partial, idle, failed, aborted, gated: 0 },
  };
}

const advice = (seen: Seen) => adviseRate(facts(seen));

describe('adviseRate when the rate is too low', () => {
  it('compares full slices with draws and aims at two draws for each', () => {
    expect(advice({ rate: 0.0003, full: 90, partial: 15 })).toEqual({
      verdict: 'too-low',
      suggested: 0.003,
      reason:
        'Too low: 90 slices were full in 10 min, against 18 draws (60,000 enlistments × 0.0003); ' +
        'at 0.003 there would be 180.',
    });
  });

  it('counts what the backlog grew by as slices that were needed', () => {
    const backlog = { before: 100, after: 5100 };
    expect(advice({ full: 100, partial: 0, backlog })).toMatchObject({
      verdict: 'too-low',
      suggested: 0.0067,
    });
    expect(advice({ full: 100, partial: 0 }).verdict).toBe('right');
  });

  it('does not mistake a backlog that is worked off for a steady need', () => {
    expect(advice({ full: 200, backlog: { before: 9000, after: 0 } }).verdict).toBe('right');
    expect(advice({ full: 200 }).verdict).toBe('too-low');
  });

  it('asks for ten draws a window where a backlog grows that was hardly looked at', () => {
    expect(advice({ rate: 0.000_01, backlog: { before: 0, after: 400 } })).toEqual({
      verdict: 'too-low',
      suggested: 0.000_17,
      reason:
        'Too low: the backlog grew by 400 items in 10 min, in which 60,000 enlistments × 0.00001 make 0.6 draws; ' +
        'at 0.00017 there would be 10.',
    });
  });

  it('suggests no more than the other jobs leave, and says so', () => {
    const { suggested, reason } = advice({ rate: 0.0003, full: 90, room: 0.001 });
    expect(suggested).toBe(0.001);
    expect(reason).toContain("the other jobs' rates leave no more");
  });

  it('has nothing to give where the rates of the other jobs leave nothing', () => {
    const { suggested, reason } = advice({ rate: 0.0003, full: 90, room: 0.0003 });
    expect(suggested).toBe(0.0003);
    expect(reason).toContain("0.003 would do, but the other jobs' rates leave no more.");
  });

  it('speaks of one slice in the singular, and of the backlog where it grew', () => {
    const backlog = { before: 0, after: 2800 };
    expect(advice({ full: 1, partial: 9, backlog })).toEqual({
      verdict: 'too-low',
      suggested: 0.0067,
      reason:
        'Too low: 1 slice was full and the backlog grew by 2,800 items, work for 201 full slices in 10 min, against ' +
        '180 draws (60,000 enlistments × 0.003); at 0.0067 there would be 402.',
    });
  });

  it('is not said of a job whose slices count no items: that they did some work is not that more was waiting', () => {
    const seen: Seen = { partial: 180, items: 0 };
    expect(advice(seen)).toEqual({
      verdict: 'right',
      suggested: 0.003,
      reason: 'Right: a draw every 3.3 s (180 in 10 min) serves 0 full, 180 partial and 0 idle slices.',
    });
    expect(advice({ ...seen, partial: 5000 }).verdict).toBe('right');
  });

  it('says so of a job with a rate of 0 whose backlog grows', () => {
    expect(advice({ rate: 0, backlog: { before: 0, after: 400 } })).toMatchObject({
      verdict: 'too-low',
      suggested: 0.000_17,
    });
  });

  it('suggests no more than the duty cycle has time for', () => {
    // 5 % of 600 s are 1,500 slices of 20 ms, but 150 of 200 ms: 150 / 60,000 is 0.0025.
    const { suggested, reason } = advice({ rate: 0.0003, full: 90, sliceDuration: 200 });
    expect(suggested).toBeCloseTo(0.0025, 9);
    expect(reason).toContain('all of the duty cycle');
  });
});

describe('adviseRate when the rate is too high', () => {
  const deep = { rate: 0.5, gatedBy: { 'backed-off': 29_500 } };

  it('says so where most looks find nothing at the deepest back-off', () => {
    expect(advice({ ...deep, partial: 20, idle: 480 })).toEqual({
      verdict: 'too-high',
      suggested: 0.0028,
      reason:
        'Too high: even at the deepest back-off (1/64) 480 of 500 slices in 10 min found nothing to do, and 30,000 ' +
        'draws stand against 20 that did work; at 0.0028 there would be 168.',
    });
  });

  it('leaves eight draws for each slice with work', () => {
    expect(advice({ ...deep, partial: 199, idle: 301 }).suggested).toBe(0.027);
  });

  it('leaves it to the agenda where that looks more often, once in three intervals and process', () => {
    expect(advice({ ...deep, idle: 500 }).suggested).toBe(0.0018);
    expect(advice({ ...deep, idle: 500, processes: 60 }).suggested).toBe(0.11);
    expect(advice({ ...deep, idle: 500, processes: 60, interval: 240_000 }).suggested).toBe(0.053);
  });

  it('counts draws that a gate held back among those that passed back-off', () => {
    const held = (busy: number) => advice({ ...deep, gatedBy: { 'backed-off': 29_200, busy }, idle: 480 });
    // 1 in 32 of all: 942 of 30,140, and 943 of 30,180.
    expect(held(460).verdict).toBe('too-high');
    expect(held(500).verdict).not.toBe('too-high');
  });

  it('is content where back-off copes', () => {
    expect(advice({ ...deep, gatedBy: { 'backed-off': 28_000 }, partial: 500, idle: 1500 }).verdict).toBe(
      'right',
    );
    expect(advice({ ...deep, partial: 400, idle: 100 }).verdict).toBe('right');
  });

  it('is content where it is the agenda that looks', () => {
    expect(advice({ rate: 0.004, gatedBy: { 'backed-off': 236 }, idle: 300, processes: 60 }).verdict).toBe(
      'right',
    );
  });

  it('judges a job that does not back off by its idle slices alone', () => {
    expect(advice({ adaptive: false, interval: false, partial: 20, idle: 160 })).toMatchObject({
      verdict: 'too-high',
      suggested: 0.0007,
      reason:
        'Too high: 160 of 180 slices in 10 min found nothing to do, and 180 draws stand against 20 that did work; ' +
        'at 0.0007 there would be 42.',
    });
    expect(advice({ adaptive: false, partial: 60, idle: 120 }).verdict).toBe('right');
    expect(advice({ adaptive: false, partial: 20, idle: 60 }).verdict).toBe('right');
  });
});

describe('adviseRate when something else than the rate is the limit', () => {
  it.each([
    ['duty-spent', 'the duty cycle of 5 % is the limit'],
    ['loaded', 'the load gate is the limit'],
    ['busy', 'the slices in flight are the limit'],
    ['lease-held', 'the lease is the limit'],
    ['pace-spent', 'the pace of the fleet is the limit'],
  ])('calls the rate right where %s held back most draws', (reason, said) => {
    const { verdict, suggested, reason: why } = advice({ full: 200, gatedBy: { [reason]: 150 } });
    expect({ verdict, suggested }).toEqual({ verdict: 'right', suggested: 0.003 });
    expect(why).toContain(said);
    expect(why).toContain('150 of 180 draws');
  });

  it('names the gate that held back most, in whatever order they are counted', () => {
    expect(advice({ full: 200, gatedBy: { busy: 150, loaded: 10 } }).reason).toContain('slices in flight');
    expect(advice({ full: 200, gatedBy: { loaded: 10, busy: 150 } }).reason).toContain('slices in flight');
  });

  it('takes looks of the agenda that were held back for no draws', () => {
    const seen: Seen = { full: 100, gatedBy: { loaded: 150 }, rate: 0.003 };
    expect(advice({ ...seen, gatedLooks: { loaded: 20 } }).reason).toContain(
      '130 of 180 draws were held back',
    );
    expect(advice({ ...seen, gatedLooks: { loaded: 150 } }).reason).toMatch(/^Right: /);
    const gatedLooks = { loaded: 1e6 };
    expect(advice({ ...seen, gatedLooks }).reason).toMatch(/^Right: /);
  });

  it('names no gate by which an operator held the job back', () => {
    expect(advice({ full: 100, gatedBy: { paused: 150 } }).reason).toMatch(/^Right: /);
  });

  it('sees that more draws would spend the duty cycle', () => {
    const seen: Seen = { full: 100, backlog: { before: 0, after: 5000 }, sliceDuration: 170 };
    expect(advice(seen)).toEqual({
      verdict: 'right',
      suggested: 0.003,
      reason: 'Right, but the duty cycle of 5 % is the limit, not the rate; raise it to get more done.',
    });
    // 5 % of 600 s are 150 slices of 200 ms, as many as there are draws.
    expect(advice({ ...seen, rate: 0.0025, sliceDuration: 200 }).verdict).toBe('right');
  });

  it('sees the duty cycle spent by the time that slices took, too', () => {
    expect(advice({ rate: 0.0003, full: 1400, sliceDuration: 20 })).toMatchObject({ verdict: 'right' });
    expect(advice({ rate: 0.0003, full: 1400, sliceDuration: 20 }).reason).toContain('4.7 % of the time');
    expect(advice({ rate: 0.0003, full: 1400, sliceDuration: 2 }).verdict).toBe('too-low');
  });

  it('asks for quicker slices where they are long, for a larger share where they are not', () => {
    const seen = { full: 700, sliceDuration: 40 };
    expect(advice({ ...seen, budget: 50 }).reason).toContain('make slices quicker (40 of 50 ms)');
    expect(advice({ ...seen, budget: 500 }).reason).toContain('raise it');
  });
});

describe('adviseRate when there is nothing to judge by', () => {
  it('takes what is missing for 0', () => {
    const facts = { seconds: 60, enlistments: 1000, rate: 0.01, room: 1 } as unknown as RateFacts;
    expect(adviseRate(facts)).toMatchObject({ verdict: 'unknown', suggested: 0.01 });
  });

  it.each<[string, Seen, string]>([
    ['a paused job', { paused: true, full: 200 }, 'paused'],
    ['no traffic', { enlistments: 0, full: 200 }, 'nobody enlisted in 10 min'],
    ['a window without length', { seconds: 0, full: 200 }, 'no length'],
    ['a rate of 0', { rate: 0 }, 'at a rate of 0'],
    [
      'too few draws',
      { rate: 0.0001, idle: 3 },
      'Not enough data yet (3 slices in 10 min); look again in 17 min',
    ],
    ['failing slices', { failed: 60, aborted: 50, full: 100 }, '110 of 210 slices failed or were cut short'],
    [
      'too few slices',
      { gatedBy: { 'backed-off': 170 }, idle: 3 },
      'Not enough data yet (3 slices in 10 min)',
    ],
  ])('says so of %s', (_, seen, said) => {
    const { verdict, suggested, reason } = advice(seen);
    expect({ verdict, suggested }).toEqual({ verdict: 'unknown', suggested: seen.rate ?? 0.003 });
    expect(reason).toContain(said);
  });
});

describe('adviseRate at the edges that its documentation names', () => {
  it('judges from ten looks or ten draws on', () => {
    const rare = { rate: 10 / 60_000 };
    expect(advice({ rate: 0.0001, full: 10 }).verdict).toBe('too-low');
    expect(advice({ rate: 0.0001, full: 9 }).verdict).toBe('unknown');
    expect(advice({ ...rare, full: 10 }).verdict).toBe('too-low');
    expect(advice({ ...rare, full: 9 })).toMatchObject({
      verdict: 'unknown',
      reason: 'Not enough data yet (9 slices in 10 min).',
    });
    expect(advice({ partial: 10 }).verdict).toBe('right');
  });

  it('minds failures from ten looks on, where they are more than half', () => {
    expect(advice({ failed: 10 }).reason).toContain('10 of 10 slices failed');
    expect(advice({ failed: 9 }).reason).toContain('Not enough data yet (9 slices in 10 min)');
    expect(advice({ failed: 100, full: 100 }).verdict).toBe('right');
  });

  it('calls a rate too high from ten looks on, where more than half were idle', () => {
    const deep = { rate: 0.5, gatedBy: { 'backed-off': 29_500 } };
    expect(advice({ ...deep, idle: 10 }).verdict).toBe('too-high');
    expect(advice({ ...deep, idle: 9 }).verdict).toBe('unknown');
    expect(advice({ ...deep, partial: 250, idle: 250 }).verdict).toBe('right');
  });

  it('calls a rate too high where half of it, or less, would do', () => {
    const seen: Seen = { gatedBy: { 'backed-off': 29_500 }, partial: 20, idle: 480 };
    expect(advice({ ...seen, rate: 0.0056 })).toMatchObject({ verdict: 'too-high', suggested: 0.0028 });
    expect(advice({ ...seen, rate: 0.0055 }).verdict).toBe('right');
  });

  it('calls a rate too low from more than three full slices in four draws on', () => {
    expect(advice({ full: 135 }).verdict).toBe('right');
    expect(advice({ full: 136 }).verdict).toBe('too-low');
  });

  it('takes a gate for the limit from ten draws on, where it held more than half', () => {
    const held = (busy: number, partial: number) =>
      advice({ partial, gatedBy: { 'backed-off': 180 - busy - partial, busy } }).reason;
    expect(held(6, 4)).toContain('6 of 10 draws were held back');
    expect(held(6, 3)).not.toContain('held back');
    expect(held(90, 90)).not.toContain('held back');
    expect(held(91, 89)).toContain('91 of 180 draws were held back');
  });

  it('takes the duty cycle for the limit where slices took nine tenths of it', () => {
    const seen = { dutyCycle: 0.5, sliceDuration: 200 };
    expect(advice({ ...seen, full: 1350 }).reason).toContain('45 % of the time');
    expect(advice({ ...seen, full: 1349 }).verdict).toBe('too-low');
  });

  it('calls slices long that take more than half of their budget', () => {
    const reason = (sliceDuration: number) => advice({ full: 700, sliceDuration, budget: 80 }).reason;
    expect(reason(40)).toContain('raise it');
    expect(reason(41)).toContain('make slices quicker');
  });

  it('says how often a draw comes where the rate is right', () => {
    expect(advice({ full: 100, partial: 20, idle: 5 }).reason).toBe(
      'Right: a draw every 3.3 s (180 in 10 min) serves 100 full, 20 partial and 5 idle slices.',
    );
  });
});

const counter = fc.integer({ min: 0, max: 100_000 });
const hostile = fc.oneof(fc.double(), fc.constantFrom(NaN, Infinity, -Infinity, 0, -0, -1, 5e-324, 1e308));

function arbitraryFacts(number: fc.Arbitrary<number>, rate: fc.Arbitrary<number>): fc.Arbitrary<RateFacts> {
  const reasons = ['backed-off', 'duty-spent', 'loaded', 'busy', 'lease-held', 'paused'] as const;
  const records = {
    counts: fc.record({
      full: number,
      partial: number,
      idle: number,
      aborted: number,
      failed: number,
      gated: number,
    }),
    gatedBy: fc.record(Object.fromEntries(reasons.map((reason) => [reason, number]))),
  };
  return fc.record(
    {
      ...records,
      seconds: number,
      enlistments: number,
      items: number,
      rate,
      room: rate,
      processes: number,
      backlog: fc.record({ before: number, after: number }),
      sliceDuration: number,
      budget: number,
      dutyCycle: rate,
      adaptive: fc.boolean(),
      interval: fc.oneof(number, fc.constant(false as const)),
    },
    { requiredKeys: ['counts', 'gatedBy', 'seconds', 'enlistments', 'items', 'rate', 'room'] },
  );
}

describe('adviseRate whatever the facts', () => {
  it('suggests a rate from 0 to 1 that fits the room, in one sentence without nonsense', () => {
    fc.assert(
      fc.property(arbitraryFacts(hostile, hostile), (any) => {
        const { suggested, reason } = adviseRate(any);
        const room = Number.isFinite(any.room) ? Math.max(0, any.room) : 0;
        expect(suggested >= 0 && suggested <= 1 && suggested <= room).toBe(true);
        expect(reason).toMatch(/^[A-Z][^]*[^.]\.$/);
        expect(reason).not.toMatch(/NaN|Infinity|∞|undefined|null/);
      }),
      { numRuns: 3000, seed: 1 },
    );
  });

  const share = fc.double({ min: 1e-6, max: 1, noNaN: true });
  const sane = arbitraryFacts(counter, share).map((any) => ({ ...any, room: Math.max(any.rate, any.room) }));

  it('suggests more than the rate only where it is too low, less only where it is too high', () => {
    fc.assert(
      fc.property(sane, (any) => {
        const { verdict, suggested } = adviseRate(any);
        if (verdict === 'too-low') expect(suggested).toBeGreaterThanOrEqual(any.rate);
        else if (verdict === 'too-high') expect(suggested).toBeLessThanOrEqual(any.rate / 2);
        else expect(suggested).toBe(any.rate);
      }),
      { numRuns: 3000, seed: 2 },
    );
  });

  /** Nothing fails and no slice is timed, so that the rate is what matters. */
  const plain = fc
    .record({
      full: counter,
      partial: counter,
      idle: counter,
      backedOff: counter,
      rate: share,
      growth: counter,
    })
    .map(({ backedOff, growth, ...seen }) => ({
      ...seen,
      gatedBy: { 'backed-off': backedOff },
      backlog: { before: 1000, after: 1000 + growth },
    }));
  const known = (seen: Seen) => {
    const { verdict, suggested } = advice(seen);
    return verdict === 'unknown' ? undefined : suggested;
  };
  const rises = (less: Seen, more: Seen) => {
    const [a, b] = [known(less), known(more)];
    if (a !== undefined && b !== undefined) expect(b).toBeGreaterThanOrEqual(a);
  };

  it('suggests no less where the backlog grew by more', () => {
    fc.assert(
      fc.property(plain, counter, (seen, more) =>
        rises(seen, { ...seen, backlog: { before: 1000, after: seen.backlog.after + more } }),
      ),
      { numRuns: 2000, seed: 3 },
    );
  });

  it('suggests no less where more slices were full', () => {
    fc.assert(
      fc.property(plain, counter, (seen, more) =>
        rises({ ...seen, backlog: undefined }, { ...seen, backlog: undefined, full: seen.full + more }),
      ),
      { numRuns: 2000, seed: 4 },
    );
  });

  it('suggests no more where workers enlisted more often', () => {
    fc.assert(
      fc.property(
        plain,
        fc.integer({ min: 1, max: 1e7 }),
        fc.integer({ min: 0, max: 1e7 }),
        (seen, some, more) => rises({ ...seen, enlistments: some + more }, { ...seen, enlistments: some }),
      ),
      { numRuns: 2000, seed: 5 },
    );
  });
});
