import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../testing/manual-clock.js';
import { SeededRandom } from '../../testing/seeded-random.js';
import { EventLoopProbe } from '../utilization.js';
import { BusyGate, DutyGate, LoadGate } from './index.js';

function loadGate(utilization: number, { low = 0.4, high = 0.8, patience = 240_000 } = {}) {
  const clock = new ManualClock();
  const probe = { utilization };
  return { clock, probe, gate: new LoadGate({ low, high }, probe, clock, new SeededRandom(1), patience) };
}

/** Share of 20,000 slices that pass: its standard deviation is below 0.004. */
function passing(gate: LoadGate): number {
  let passed = 0;
  for (let slice = 0; slice < 20_000; slice++) if (!gate.isShut()) passed++;
  return passed / 20_000;
}

describe('LoadGate', () => {
  it.each([
    [0, 1],
    [0.4, 1],
    [0.5, 0.75],
    [0.7, 0.25],
    [0.8, 0.02],
    [1, 0.02],
  ])('at a utilization of %d lets a share of %d pass', (utilization, share) => {
    expect(passing(loadGate(utilization).gate)).toBeCloseTo(share, 1.5);
  });

  it('opens by and by under load that lasts, and is shut again after a calm moment', () => {
    const { clock, probe, gate } = loadGate(0.9);
    expect(passing(gate)).toBeCloseTo(0.02, 1.5);
    clock.advance(120_000);
    expect(passing(gate)).toBeCloseTo(0.25, 1.5);
    clock.advance(120_000);
    expect(passing(gate)).toBe(1);
    probe.utilization = 0.1;
    expect(gate.isShut()).toBe(false);
    probe.utilization = 0.9;
    expect(passing(gate)).toBeCloseTo(0.02, 1.5);
  });

  it('is a threshold when low and high are one', () => {
    expect(passing(loadGate(0.5, { low: 0.5, high: 0.5 }).gate)).toBe(1);
    expect(passing(loadGate(0.51, { low: 0.5, high: 0.5 }).gate)).toBeCloseTo(0.02, 1.5);
  });

  it('never opens by itself with patience without end', () => {
    const { clock, gate } = loadGate(0.9, { patience: Infinity });
    passing(gate);
    clock.advance(1e9);
    expect(passing(gate)).toBeCloseTo(0.02, 1.5);
  });
});

describe('DutyGate', () => {
  it('rests 19 times as long as a slice took at a duty cycle of 5 %', () => {
    const clock = new ManualClock();
    const gate = new DutyGate(0.05, clock);
    gate.rest(10);
    clock.advance(189);
    expect(gate.isShut()).toBe(true);
    clock.advance(1);
    expect(gate.isShut()).toBe(false);
  });

  it('adds up the rests of slices that were in flight together', () => {
    const clock = new ManualClock();
    const gate = new DutyGate(0.5, clock);
    gate.rest(10);
    gate.rest(10);
    expect(gate.restUntil).toBe(20);
  });

  it('never rests with a duty cycle of 1, nor for more than ten minutes', () => {
    const clock = new ManualClock();
    const tireless = new DutyGate(1, clock);
    tireless.rest(1e9);
    expect(tireless.isShut()).toBe(false);
    const gate = new DutyGate(0.05, clock);
    gate.rest(3_600_000);
    expect(gate.restUntil).toBe(600_000);
  });

  it('rests after a slice that took time, also at the least duty cycle and after one that took none', () => {
    const gate = new DutyGate(Number.MIN_VALUE, new ManualClock());
    gate.rest(0);
    expect(gate.isShut()).toBe(false);
    gate.rest(1);
    expect(gate.restUntil).toBe(600_000);
  });
});

describe('BusyGate', () => {
  it('takes a place back once, however often it is given back', () => {
    const gate = new BusyGate(2);
    const leave = gate.enter();
    gate.enter();
    expect(gate.isShut()).toBe(true);
    leave();
    leave();
    expect(gate.inFlight).toBe(1);
  });
});

describe('EventLoopProbe', () => {
  function probe() {
    const clock = new ManualClock();
    const time = { active: 0, idle: 0 };
    const spend = (active: number, idle: number) => {
      time.active += active;
      time.idle += idle;
      clock.advance(active + idle);
    };
    return { spend, probe: new EventLoopProbe(clock, () => ({ ...time })) };
  }

  it('reads the share of time that was busy since the sample before', () => {
    const { spend, probe: lazy } = probe();
    spend(250, 750);
    expect(lazy.utilization).toBe(0.25);
    spend(1500, 500);
    expect(lazy.utilization).toBe(0.75);
  });

  it('does not sample again within a second', () => {
    const { spend, probe: lazy } = probe();
    spend(250, 750);
    expect(lazy.utilization).toBe(0.25);
    spend(999, 0);
    expect(lazy.utilization).toBe(0.25);
    spend(1, 0);
    expect(lazy.utilization).toBe(1);
  });

  it('is dull after a silent hour, for a quarter of a second', () => {
    const { spend, probe: lazy } = probe();
    spend(0, 3_600_000);
    spend(2000, 0);
    expect(lazy.utilization).toBeLessThan(0.01);
    spend(249, 0);
    expect(lazy.utilization).toBeLessThan(0.01);
    spend(1, 0);
    expect(lazy.utilization).toBe(1);
  });

  it('samples each second again after the one that followed a dull one', () => {
    const { spend, probe: lazy } = probe();
    spend(0, 2001);
    expect(lazy.utilization).toBe(0);
    spend(250, 0);
    expect(lazy.utilization).toBe(1);
    spend(0, 999);
    expect(lazy.utilization).toBe(1);
    spend(0, 1);
    expect(lazy.utilization).toBe(0);
  });

  it('does not hurry after a window of two seconds', () => {
    const { spend, probe: lazy } = probe();
    spend(0, 2000);
    expect(lazy.utilization).toBe(0);
    spend(999, 0);
    expect(lazy.utilization).toBe(0);
  });

  it('reads nothing into an event loop that has not begun to turn', () => {
    const clock = new ManualClock();
    const lazy = new EventLoopProbe(clock, () => ({ active: 0, idle: 0 }));
    clock.advance(5000);
    expect(lazy.utilization).toBe(0);
  });
});
