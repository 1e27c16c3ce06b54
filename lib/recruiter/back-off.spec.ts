import { describe, expect, it } from '@jest/globals';
import { BackOff } from './back-off.js';
import type { Outcome } from './outcome.js';
import { FixedRate } from './rate-control.js';

function after(...outcomes: Outcome[]): BackOff {
  const control = new BackOff();
  outcomes.forEach((outcome, turn) => control.learn(outcome, turn * 1000));
  return control;
}

const drawing = (value: number) => ({ next: () => value });

describe('BackOff', () => {
  it('leaves the declared rate to a job of which nothing is known, and asks no chance for it', () => {
    const control = after();
    expect([control.factor, control.more, control.fruitless]).toEqual([1, false, 0]);
    expect(control.admits(drawing(1))).toBe(true);
  });

  it.each(['idle', 'failed', 'aborted'] as const)(
    'cuts the rate to an eighth, and to 1/64 at least: %s',
    (outcome) => {
      expect(after(outcome).factor).toBe(1 / 8);
      expect(after(outcome, outcome).factor).toBe(1 / 64);
      expect(after(outcome, outcome, outcome).factor).toBe(1 / 64);
    },
  );

  it('doubles the rate when some work was done, and never above the declared one', () => {
    expect(after('idle', 'partial').factor).toBe(1 / 4);
    expect(after('idle', 'partial', 'partial', 'partial', 'partial').factor).toBe(1);
  });

  it('restores the rate at once when more is waiting, and knows it', () => {
    const control = after('idle', 'idle', 'full');
    expect([control.factor, control.more]).toEqual([1, true]);
    expect(after('full', 'partial').more).toBe(false);
  });

  it('counts slices in a row that found nothing, those that failed left out', () => {
    expect(after('idle', 'failed', 'aborted', 'idle').fruitless).toBe(2);
    expect(after('idle', 'idle', 'partial').fruitless).toBe(0);
    expect(after('idle', 'full', 'idle').fruitless).toBe(1);
  });

  it('admits a draw with the chance of its factor', () => {
    const control = after('idle');
    expect(control.admits(drawing(0.1249))).toBe(true);
    expect(control.admits(drawing(0.125))).toBe(false);
  });

  it('starts slowly after failures', () => {
    expect(after('full').pace(0)).toBe(1);
    expect(after('failed', 'full').pace(1000)).toBe(1 / 12);
  });
});

describe('FixedRate', () => {
  it('is the declared rate, whatever comes of the slices', () => {
    const control = new FixedRate();
    control.learn();
    expect(control).toMatchObject({ factor: 1, more: false, fruitless: 0 });
    expect([control.pace(), control.admits()]).toEqual([1, true]);
  });
});
