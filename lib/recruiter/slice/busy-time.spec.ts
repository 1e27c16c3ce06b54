import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../testing/manual-clock.js';
import { BusyTime } from './busy-time.js';
import { EventLoopProbe } from '../gates/utilization.js';

/** A process whose event loop is busy, or waits, for as long as a test says. */
function processOf({ measures = true } = {}) {
  const clock = new ManualClock(1000);
  let active = 400;
  const probe = measures
    ? {
        get active() {
          return active;
        },
      }
    : {};
  return {
    busyTime: new BusyTime(clock, probe),
    isBusy: (ms: number) => {
      active += ms;
      clock.advance(ms);
    },
    waits: (ms: number) => clock.advance(ms),
  };
}

describe('The time for which a slice keeps the event loop busy', () => {
  it('leaves out what it waits for elsewhere', () => {
    const { busyTime, isBusy, waits } = processOf();
    const slice = busyTime.begin();
    isBusy(3);
    waits(40);
    isBusy(2);
    expect(busyTime.since(slice)).toBe(5);
  });

  it('leaves out what went before it', () => {
    const { busyTime, isBusy } = processOf();
    const before = busyTime.begin();
    isBusy(7);
    expect(busyTime.since(before)).toBe(7);
    isBusy(100);
    const slice = busyTime.begin();
    isBusy(3);
    expect(busyTime.since(slice)).toBe(3);
  });

  it('is counted once where slices overlap', () => {
    const { busyTime, isBusy, waits } = processOf();
    const first = busyTime.begin();
    isBusy(4);
    const second = busyTime.begin();
    isBusy(6);
    waits(50);
    expect(busyTime.since(first)).toBe(10);
    isBusy(1);
    expect(busyTime.since(second)).toBe(1);
  });

  it('of slices that end in the same turn is counted with the first of them', () => {
    const { busyTime, isBusy } = processOf();
    const [first, second] = [busyTime.begin(), busyTime.begin()];
    isBusy(8);
    expect([busyTime.since(first), busyTime.since(second)]).toEqual([8, 0]);
  });

  it('is the whole time where nobody measures it, counted once too', () => {
    const { busyTime, isBusy, waits } = processOf({ measures: false });
    const first = busyTime.begin();
    isBusy(3);
    const second = busyTime.begin();
    waits(40);
    expect(busyTime.since(first)).toBe(43);
    waits(5);
    expect(busyTime.since(second)).toBe(5);
  });

  it('is the whole time where the event loop is said never to be busy, as Bun says', () => {
    const clock = new ManualClock();
    const busyTime = new BusyTime(clock, new EventLoopProbe(clock, () => ({ active: 0, idle: 0 })));
    const slice = busyTime.begin();
    clock.advance(20);
    expect(busyTime.since(slice)).toBe(20);
  });

  it('is never below 0', () => {
    const { busyTime, isBusy } = processOf();
    const [slice, other] = [busyTime.begin(), busyTime.begin()];
    isBusy(5);
    busyTime.since(slice);
    expect(busyTime.since(other)).toBe(0);
  });

  it('is read of the real event loop', async () => {
    const clock = { now: () => performance.now() };
    const busyTime = new BusyTime(clock, new EventLoopProbe(clock));
    await new Promise((resolve) => setTimeout(resolve, 5));
    const slice = busyTime.begin();
    const begun = performance.now();
    while (performance.now() < begun + 20);
    // A timer that is due when the loop comes to it leaves it no time to be idle.
    const idle = () => performance.eventLoopUtilization().idle;
    for (const idleBefore = idle(); idle() < idleBefore + 50;)
      await new Promise((resolve) => setTimeout(resolve, 60));
    const busyFor = busyTime.since(slice);
    const took = performance.now() - begun;
    expect(busyFor).toBeGreaterThanOrEqual(19);
    expect(took - busyFor).toBeGreaterThan(40);
  });
});
