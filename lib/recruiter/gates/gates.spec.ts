import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../testing/manual-clock.js';
import { SeededRandom } from '../../testing/seeded-random.js';
import { nodeLikeClock } from '../../../test/support/node-like-clock.js';
import type { InstalledJob } from '../installed-job.js';
import { Roster } from '../roster.js';
import { EventLoopProbe } from './utilization.js';
import { DutyGate } from './duty.gate.js';
import { LoadGate } from './load.gate.js';
import { BusyGate, CoordinationGate } from './state.gates.js';

const MINUTE = 60_000;

function loadGate(utilization: number, { low = 0.4, high = 0.8 } = {}) {
  const clock = new ManualClock();
  const probe = { utilization };
  return { clock, probe, gate: new LoadGate({ low, high }, probe, clock, new SeededRandom(1)) };
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

  it('opens gradually under load that lasts, with the square of its time, fully after six minutes', () => {
    const { clock, gate } = loadGate(0.9);
    expect(passing(gate)).toBeCloseTo(0.02, 1.5);
    clock.advance(MINUTE);
    expect(passing(gate)).toBeCloseTo(1 / 36, 1.5);
    clock.advance(2 * MINUTE);
    expect(passing(gate)).toBeCloseTo(0.25, 1.5);
    clock.advance(3 * MINUTE - 1);
    expect(passing(gate)).toBeCloseTo(1, 1.5);
    clock.advance(1);
    expect(passing(gate)).toBe(1);
  });

  it('does not open sooner than that for the calm that the ramp sees', () => {
    const { clock, gate } = loadGate(0.6);
    clock.advance(MINUTE);
    expect(passing(gate)).toBeCloseTo(0.5, 1.5);
  });

  it('begins its patience anew after a calm moment', () => {
    const { clock, probe, gate } = loadGate(0.9);
    passing(gate);
    clock.advance(6 * MINUTE);
    expect(passing(gate)).toBe(1);
    probe.utilization = 0.4;
    expect(gate.isShut()).toBe(false);
    probe.utilization = 0.9;
    expect(passing(gate)).toBeCloseTo(0.02, 1.5);
  });

  it.each<[string, (gate: LoadGate) => unknown]>([
    ['the utilization', (gate) => gate.utilization],
    ['whether the event loop is loaded', (gate) => gate.isLoaded],
  ])('sees a calm moment in which nobody but a reader of %s looked', (_, read) => {
    const { clock, probe, gate } = loadGate(0.9);
    passing(gate);
    clock.advance(3 * MINUTE);
    probe.utilization = 0.1;
    read(gate);
    probe.utilization = 0.9;
    clock.advance(3 * MINUTE);
    expect(passing(gate)).toBeCloseTo(0.02, 1.5);
  });

  it('counts load from when a reader first saw it', () => {
    const { clock, gate } = loadGate(0.9);
    expect(gate.utilization).toBe(0.9);
    clock.advance(3 * MINUTE);
    expect(passing(gate)).toBeCloseTo(0.25, 1.5);
  });

  it('says that the event loop is loaded above `low`', () => {
    expect([0.4, 0.41].map((utilization) => loadGate(utilization).gate.isLoaded)).toEqual([false, true]);
  });

  it('is a threshold when low and high are one', () => {
    expect(passing(loadGate(0.5, { low: 0.5, high: 0.5 }).gate)).toBe(1);
    expect(passing(loadGate(0.51, { low: 0.5, high: 0.5 }).gate)).toBeCloseTo(0.02, 1.5);
  });
});

/** A job with its own duty cycle, which has not run yet. */
function jobOf(dutyCycle = 0.05): InstalledJob {
  const options = { budget: 50, adaptive: true, dutyCycle: 0.05 };
  return new Roster('test', options).add({ recruited: () => undefined }, 'job', { rate: 0.1, dutyCycle });
}

describe('DutyGate', () => {
  it('rests 19 times as long as a slice took at a duty cycle of 5 %', () => {
    const clock = new ManualClock();
    const gate = new DutyGate(0.05, clock);
    const job = jobOf();
    gate.rest(job, 10, 10);
    clock.advance(189);
    expect(gate.isShut(job)).toBe(true);
    clock.advance(1);
    expect(gate.isShut(job)).toBe(false);
  });

  it('rests by the time in which the event loop was busy, and its job by the whole time', () => {
    const clock = new ManualClock();
    const gate = new DutyGate(0.05, clock);
    const [waiting, other] = [jobOf(), jobOf()];
    gate.rest(waiting, 40, 2);
    expect(gate.restUntil).toBeCloseTo(38, 6);
    expect(waiting.restUntil).toBeCloseTo(760, 6);
    clock.advance(38);
    expect([gate.isShut(other), gate.isShut(waiting)]).toEqual([false, true]);
    clock.advance(760 - 38);
    expect(gate.isShut(waiting)).toBe(false);
  });

  it("keeps to the job's own duty cycle and to the process' beside it", () => {
    const gate = new DutyGate(0.05, new ManualClock());
    const job = jobOf(0.5);
    gate.rest(job, 40, 1);
    expect(job.restUntil).toBe(40);
    expect(gate.restUntil).toBeCloseTo(19, 6);
  });

  it('adds up the rests of slices, for the process and for their job', () => {
    const clock = new ManualClock();
    const gate = new DutyGate(0.5, clock);
    const job = jobOf(0.5);
    gate.rest(job, 10, 10);
    gate.rest(job, 10, 10);
    expect([gate.restUntil, job.restUntil]).toEqual([20, 20]);
    clock.advance(100);
    gate.rest(job, 10, 10);
    expect(gate.restUntil).toBe(110);
  });

  it('never rests with a duty cycle of 1, nor for more than ten minutes', () => {
    const clock = new ManualClock();
    const tireless = new DutyGate(1, clock);
    const restless = jobOf(1);
    tireless.rest(restless, 1e9, 1e9);
    expect(tireless.isShut(restless)).toBe(false);
    const gate = new DutyGate(0.05, clock);
    const job = jobOf();
    gate.rest(job, 3_600_000, 3_600_000);
    gate.rest(job, 3_600_000, 3_600_000);
    expect([gate.restUntil, job.restUntil]).toEqual([600_000, 600_000]);
  });

  it('rests after a slice that took time, also at the least duty cycle, and not after one that took none', () => {
    const gate = new DutyGate(Number.MIN_VALUE, new ManualClock());
    const job = jobOf(Number.MIN_VALUE);
    gate.rest(job, 0, 0);
    expect(gate.isShut(job)).toBe(false);
    gate.rest(job, 1, 1);
    expect([gate.restUntil, job.restUntil]).toEqual([600_000, 600_000]);
  });

  it('is shut when a timer that waits for the end of the rest fires early, as those of Node do', () => {
    const early = new Set<boolean>();
    for (let seed = 0; seed < 200; seed++) {
      const clock = nodeLikeClock(seed);
      const gate = new DutyGate(0.05, clock);
      const job = jobOf();
      gate.rest(job, 0.63, 0.63);
      clock.after(gate.restUntil, () => early.add(gate.isShut(job)));
      clock.advance(100);
    }
    expect(early).toEqual(new Set([true, false]));
  });
});

describe('CoordinationGate', () => {
  it('is shut to a job until the time that it was refused until, for that reason and no other', () => {
    const clock = new ManualClock();
    const [pace, lease] = (['pace-spent', 'lease-held'] as const).map(
      (reason) => new CoordinationGate(reason, clock),
    ) as [CoordinationGate, CoordinationGate];
    const job = jobOf();
    expect(pace.isShut(job)).toBe(false);
    Object.assign(job, { notBefore: 100, refusedBy: 'pace-spent' });
    expect([pace.isShut(job), lease.isShut(job)]).toEqual([true, false]);
    job.refusedBy = 'lease-held';
    expect([pace.isShut(job), lease.isShut(job)]).toEqual([false, true]);
    clock.advance(99.9);
    expect(lease.isShut(job)).toBe(true);
    clock.advance(0.1);
    expect(lease.isShut(job)).toBe(false);
  });
});

describe('BusyGate', () => {
  it('takes a place back once, however often it is given back', () => {
    const gate = new BusyGate(2);
    const leave = gate.acquire();
    gate.acquire();
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

  it('reads for how long it was busy in all whenever it is asked', () => {
    const { spend, probe: lazy } = probe();
    spend(250, 750);
    expect(lazy.active).toBe(250);
    spend(1, 3);
    expect(lazy.active).toBe(251);
  });

  it('reads nothing into an event loop that has not begun to turn', () => {
    const clock = new ManualClock();
    const lazy = new EventLoopProbe(clock, () => ({ active: 0, idle: 0 }));
    clock.advance(5000);
    expect(lazy.utilization).toBe(0);
  });
});
