import { describe, expect, it } from '@jest/globals';
import { ManualClock, type ManualClockOptions } from './manual-clock.js';
import { nodeTimerDelay } from './node-timer.js';
import { SeededRandom } from './seeded-random.js';

/** How far from their time `count` timers of 12.7 ms fire: ms, in ascending order. */
function errorsOf(options: ManualClockOptions, count = 1000): number[] {
  const clock = new ManualClock(options);
  const errors: number[] = [];
  for (let timer = 0; timer < count; timer++) {
    const dueAt = clock.now() + 12.7;
    clock.after(12.7, () => errors.push(clock.now() - dueAt));
    clock.advance(100);
  }
  return errors.toSorted((a, b) => a - b);
}

describe('ManualClock', () => {
  it('begins at 0, or at the start that is given alone or among its options', () => {
    expect(new ManualClock().now()).toBe(0);
    expect(new ManualClock(5).now()).toBe(5);
    expect(new ManualClock({ start: 7 }).now()).toBe(7);
    expect(new ManualClock({ start: undefined, jitter: undefined }).now()).toBe(0);
  });

  it('fires timers at exactly their time', () => {
    const clock = new ManualClock();
    const fired: number[] = [];
    clock.after(12.7, () => fired.push(clock.now()));
    clock.advance(12.6);
    expect(fired).toEqual([]);
    clock.advance(1);
    expect(fired).toEqual([12.7]);
  });

  it('refuses a start and a jitter that are none, and quotes them', () => {
    expect(() => new ManualClock(NaN)).toThrow('The start: NaN; expected milliseconds');
    expect(() => new ManualClock({ start: Infinity })).toThrow('The start: Infinity; expected milliseconds');
    for (const jitter of [true, null, 5]) {
      const options = { jitter } as unknown as ManualClockOptions;
      expect(() => new ManualClock(options)).toThrow(
        `jitter: ${jitter}; expected an object with a method next(), such as new SeededRandom(1)`,
      );
    }
  });
});

describe('ManualClock with jitter', () => {
  it('fires timers early by up to 1.7 ms of 12.7, on time and late, as Node does', () => {
    const errors = errorsOf({ jitter: new SeededRandom(1) });
    const isEarly = errors.filter((error) => error < 0).length;
    expect(errors[0]).toBeGreaterThan(-1.7 - 1e-6);
    expect(errors[0]).toBeLessThan(-1.6);
    expect(isEarly).toBeGreaterThan(500);
    expect(isEarly).toBeLessThan(900);
    expect(errors.at(-1)).toBeGreaterThan(5);
  });

  it('fires them at the same times again for the same seed', () => {
    expect(errorsOf({ jitter: new SeededRandom(2) })).toEqual(errorsOf({ jitter: new SeededRandom(2) }));
  });

  it('still calls timers off, and counts those that are set', () => {
    const clock = new ManualClock({ jitter: new SeededRandom(3) });
    let fired = 0;
    clock.after(10, () => fired++);
    const callOff = clock.after(10, () => fired++);
    expect(clock.pending).toBe(2);
    callOff();
    clock.advance(1000);
    expect([fired, clock.pending]).toEqual([1, 0]);
  });
});

describe('nodeTimerDelay()', () => {
  const random = new SeededRandom(4);
  const delaysOf = (ms: number) => Array.from({ length: 1000 }, () => nodeTimerDelay(ms, random));

  it.each([
    [12.7, 12],
    [1, 1],
    [0.3, 1],
    [0, 1],
    [-5, 1],
    [NaN, 1],
    [2 ** 31 - 1, 2 ** 31 - 1],
    [2 ** 31, 1],
    [Infinity, 1],
  ])('is at most, and half of the time, the whole milliseconds of %d: %d', (ms, whole) => {
    const delays = delaysOf(ms);
    const exact = delays.filter((delay) => delay === whole).length;
    expect(Math.max(...delays)).toBe(whole);
    expect(exact).toBeGreaterThan(400);
    expect(exact).toBeLessThan(600);
  });

  it('is never less than a millisecond below that, and never 0', () => {
    for (const ms of [0.3, 5, 12.7]) {
      const least = Math.min(...delaysOf(ms));
      expect(least).toBeGreaterThan(Math.max(1, Math.trunc(ms)) - 1);
      expect(least).toBeLessThan(Math.max(1, Math.trunc(ms)) - 0.9);
    }
  });
});
