import { describe, expect, it } from '@jest/globals';
import { BackOff } from './back-off.js';
import type { Outcome } from '../outcome.js';
import { FixedRate } from './rate-control.js';

function after(...outcomes: Outcome[]): BackOff {
  const control = new BackOff();
  for (const outcome of outcomes) control.learn(outcome);
  return control;
}

const drawing = (value: number) => ({ next: () => value });

describe('BackOff', () => {
  it('leaves the declared rate to a job of which nothing is known, and asks no chance for it', () => {
    const control = after();
    expect(control).toMatchObject({ factor: 1, level: 0, more: false, fruitless: 0, empty: 0 });
    expect(control.admits(drawing(1))).toBe(true);
  });

  it('cuts the rate to an eighth after an idle slice, and to 1/64 at least', () => {
    expect(after('idle').factor).toBe(1 / 8);
    expect(after('idle', 'idle').factor).toBe(1 / 64);
    expect(after('idle', 'idle', 'idle')).toMatchObject({ factor: 1 / 64, level: 6 });
  });

  it.each(['failed', 'aborted'] as const)(
    'halves the rate after a slice that came to nothing, down to 1/64: %s',
    (outcome) => {
      const levels = [1, 2, 3, 6, 7, 100].map((times) => after(...Array<Outcome>(times).fill(outcome)).level);
      expect(levels).toEqual([1, 2, 3, 6, 6, 6]);
      expect(after(outcome).factor).toBe(1 / 2);
    },
  );

  it.each(['failed', 'aborted'] as const)('learns nothing about work from it: %s', (outcome) => {
    expect(after('full', outcome)).toMatchObject({ more: true, fruitless: 0 });
    expect(after('idle', 'idle', outcome)).toMatchObject({ more: false, fruitless: 2 });
    const control = new BackOff();
    control.learn('full', 0);
    control.learn(outcome);
    expect(control.empty).toBe(1);
  });

  it('doubles the rate when some work was done, and never above the declared one', () => {
    expect(after('idle', 'partial').factor).toBe(1 / 4);
    expect(after('idle', 'partial', 'partial', 'partial', 'partial').factor).toBe(1);
  });

  it('restores the rate at once when more is waiting, and knows it', () => {
    expect(after('idle', 'idle', 'full')).toMatchObject({ factor: 1, more: true });
    expect(after('failed', 'failed', 'failed', 'full').level).toBe(0);
    expect(after('full', 'partial').more).toBe(false);
    expect(after('full', 'idle').more).toBe(false);
  });

  it('counts slices in a row that found nothing, those that failed left out', () => {
    expect(after('idle', 'failed', 'aborted', 'idle').fruitless).toBe(2);
    expect(after('idle', 'idle', 'partial').fruitless).toBe(0);
    expect(after('idle', 'full', 'idle').fruitless).toBe(1);
  });

  it('counts slices in a row that did nothing and said that more is waiting', () => {
    const control = new BackOff();
    const emptyAfter = (outcome: Outcome, done?: number) => {
      control.learn(outcome, done);
      return control.empty;
    };
    expect(emptyAfter('full', 0)).toBe(1);
    expect(emptyAfter('full', 0)).toBe(2);
    expect(emptyAfter('full', 1)).toBe(0);
    expect(emptyAfter('full', 0)).toBe(1);
    expect(emptyAfter('full')).toBe(0);
    expect([emptyAfter('full', 0), emptyAfter('partial', 2)]).toEqual([1, 0]);
    expect([emptyAfter('full', 0), emptyAfter('idle', 0)]).toEqual([1, 0]);
  });

  it('hears of a slice that settled late whether more is waiting, and nothing else', () => {
    const control = after('idle', 'aborted');
    control.learnLate(true);
    expect(control).toMatchObject({ more: true, level: 4, fruitless: 1 });
    control.learnLate(false);
    expect(control).toMatchObject({ more: false, level: 4, fruitless: 1 });
  });

  it('admits a draw with the chance of its factor', () => {
    const control = after('idle');
    expect(control.admits(drawing(0.1249))).toBe(true);
    expect(control.admits(drawing(0.125))).toBe(false);
  });
});

describe('FixedRate', () => {
  it('is the declared rate, whatever comes of the slices', () => {
    const control = new FixedRate();
    control.learn('full');
    control.learnLate();
    expect(control).toMatchObject({ factor: 1, level: 0, more: false, fruitless: 0, empty: 0 });
    expect(control.admits()).toBe(true);
  });
});
