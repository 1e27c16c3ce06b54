import { describe, expect, it } from '@jest/globals';
import { judge } from '../bench/every/judge.mjs';

const EVERY = 1000;
const JOBS = [{ id: 'job', every: EVERY }];

interface Entry {
  readonly what: string;
  readonly worker: number;
  readonly at: number;
  readonly [detail: string]: unknown;
}

let token = 0;

/** One slice, from the question for it to the acknowledged report. */
function slice(due: number, at: number, worker: number, report: 'more' | 'done'): Entry[] {
  const common = { job: 'job', worker, due, token: ++token };
  return [
    { ...common, what: 'asked', at },
    { ...common, what: 'began', at: at + 1 },
    { ...common, what: 'ended', at: at + 6 },
    { ...common, what: 'acknowledged', report, at: at + 7 },
  ];
}

/** A pass of two slices, both by one worker. */
function pass(due: number, worker = 1, at = due + 10): Entry[] {
  return [...slice(due, at, worker, 'more'), ...slice(due, at + 100, worker, 'done')];
}

const killed = (worker: number, at: number): Entry => ({ what: 'killed', worker, at });

const verdictOf = (entries: Entry[]) => judge(entries, JOBS, 2);

describe('The judge of passes', () => {
  it('finds nothing where each period has one pass', () => {
    const verdict = verdictOf([pass(0), pass(EVERY, 2), pass(2 * EVERY)].flat());
    expect(verdict.passes.map(({ lateness }) => lateness)).toEqual([11, 11, 11]);
    const { early, overlapping, repeated, skipped, goneOn } = verdict;
    expect([early, overlapping, repeated, skipped, goneOn].flat()).toEqual([]);
  });

  it('finds a slice after the acknowledged end of its pass, and one before its pass is due', () => {
    expect(verdictOf([...pass(0), ...slice(0, 200, 2, 'done')]).early).toHaveLength(1);
    expect(verdictOf([...pass(0), ...pass(EVERY, 1, 500)]).early).toHaveLength(2);
  });

  it('finds slices that overlap, unless the first was killed', () => {
    const [asked, began] = slice(0, 10, 1, 'more');
    expect(verdictOf([asked!, began!, ...slice(0, 12, 2, 'more')]).overlapping).toHaveLength(1);
    const after = [asked!, began!, killed(1, 13), ...slice(0, 5013, 2, 'more')];
    expect(verdictOf(after).overlapping).toEqual([]);
  });

  it('tells a repetition that a kill explains from one that nothing explains', () => {
    const [asked, began] = slice(0, 10, 1, 'more');
    const explained = [asked!, began!, killed(1, 13), ...pass(0, 2, 5013), ...pass(6000, 2)];
    expect(verdictOf(explained)).toMatchObject({ repeated: [{ worker: 1 }], repeatedTooOften: [] });
    const unexplained = [...slice(0, 10, 1, 'more'), ...pass(0, 1, 200), ...pass(EVERY)];
    expect(verdictOf(unexplained).repeatedTooOften).toHaveLength(1);
  });

  it('tells periods apart that a hold, a long pass and nothing explains', () => {
    const [asked, began] = slice(0, 10, 1, 'more');
    const held = [asked!, began!, killed(1, 13), ...pass(0, 2, 5013), ...pass(6000, 2)];
    expect(verdictOf(held)).toMatchObject({ skipped: [{ periods: 5 }], runOver: [], missed: [] });
    const long = [...slice(0, 10, 1, 'more'), ...slice(0, 1100, 1, 'done'), ...pass(2 * EVERY)];
    expect(verdictOf(long)).toMatchObject({ runOver: [{ periods: 1 }], missed: [] });
    const missed = [...pass(0), killed(1, 500), ...pass(2 * EVERY, 2)];
    expect(verdictOf(missed)).toMatchObject({ runOver: [], missed: [{ periods: 1 }] });
  });

  it('measures how long nobody goes on after a kill, in a slice and between two', () => {
    const between = [...slice(0, 10, 1, 'more'), killed(1, 50), ...slice(0, 2100, 2, 'done')];
    expect(verdictOf(between).goneOnLate).toMatchObject([{ isHeld: false, after: 2051 }]);
    const [asked, began] = slice(0, 10, 1, 'more');
    const inSlice = [asked!, began!, killed(1, 13), ...slice(0, 5012, 2, 'done')];
    expect(verdictOf(inSlice)).toMatchObject({ goneOn: [{ isHeld: true, after: 5000 }], goneOnLate: [] });
  });

  it('takes a kill while a hold has to expire for no reason of its own', () => {
    const [asked, began] = slice(0, 100, 2, 'more');
    const entries = [...slice(0, 10, 1, 'more'), asked!, began!, killed(2, 110), killed(1, 200)];
    expect(verdictOf([...entries, ...slice(0, 5110, 3, 'done')]).goneOn).toMatchObject([{ isHeld: true }]);
  });
});
