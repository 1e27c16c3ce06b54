import { describe, expect, it, jest } from '@jest/globals';
import { Chance } from '../simulator/chance.js';
import { EventLoop } from '../simulator/event-loop.js';
import { EventQueue } from '../simulator/event-queue.js';
import { simulate, type Figures, type Request } from '../simulator/figures.js';
import { SeededRandom } from '../../lib/testing/seeded-random.js';

// Hours of traffic take seconds of a core, of which the machine may give a third.
jest.setTimeout(180_000);

function figuresOf(policy: string, trace: string, seconds: number, more: Partial<Request> = {}): Figures {
  return simulate({ policy, trace, seconds, processes: 10, seed: 7, ...more }).figures;
}

/** Two hours, the first of which warms up: one hour counts. */
const HOURS = 7200;

describe('The simulator over an hour of steady traffic with ten processes', () => {
  const ours = figuresOf('ours', 'steady', HOURS);

  it('gives the same figures for the same seed', () => {
    expect(figuresOf('ours', 'steady', HOURS)).toEqual(ours);
  });

  it('shows that the library keeps up with the work', () => {
    // 10 processes of 20 requests/s: 10 expiring items/s in slices of 50, 2 flushed/s in slices of 20.
    expect(ours.slicesPerSecond).toBeGreaterThan(10 / 50 + 2 / 20);
    expect(ours.slicesPerSecond).toBeLessThan(1.5);
    expect(ours.lag.p50).toBeLessThan(40);
    expect(ours.lag.max).toBeLessThan(600);
  });

  it('shows that it wastes less than the original with rates too high, which never back off', () => {
    const tooHigh = { rateFactor: 10 / 3 };
    const original = figuresOf('fixed', 'steady', HOURS, tooHigh);
    expect(original.waste).toBeGreaterThan(1.3 * figuresOf('ours', 'steady', HOURS, tooHigh).waste);
  });
});

describe('The simulator as it is called', () => {
  it('refuses what it does not know, and names what it does', () => {
    expect(() => figuresOf('luck', 'steady', HOURS)).toThrow(
      'Unknown policy "luck"; known are ours, fixed, cron-leader, cron-each',
    );
    expect(() => figuresOf('ours', 'rain', 60)).toThrow(/Unknown trace "rain"; known are diurnal, steady,/);
  });

  it.each([
    ['outage', 3600, /3600 seconds are too short for the trace "outage": it takes 52201 at least/],
    ['steady', 3600, /3600 seconds are too short for the trace "steady": it takes 3601 at least/],
  ])('refuses to end the trace %s after %d seconds', (trace, seconds, message) => {
    expect(() => figuresOf('ours', trace, seconds)).toThrow(message);
  });
});

describe('The event loop of a simulated process', () => {
  const random = new SeededRandom(1);

  /** How far from their time 1,000 timers or answers of 12.7 ms come, under a utilization: ms, in ascending order. */
  function errorsOf(what: 'after' | 'answer', utilization: number): number[] {
    const queue = new EventQueue();
    const loop = new EventLoop(queue, new Chance(random), () => ({ utilization, loop: 2 }));
    const errors: number[] = [];
    for (let count = 0; count < 1000; count++) {
      const dueAt = loop.now() + 12.7;
      loop[what](12.7, () => errors.push(loop.now() - dueAt));
      queue.runUntil(loop.now() + 1000);
    }
    return errors.toSorted((a, b) => a - b);
  }

  it('fires timers early by up to 1.7 ms of 12.7 where it has nothing else to do, and never late', () => {
    const errors = errorsOf('after', 0);
    expect(errors).toHaveLength(1000);
    expect(errors[0]).toBeGreaterThan(-1.7 - 1e-6);
    expect(errors[0]).toBeLessThan(-1.6);
    expect(errors.at(-1)).toBeLessThan(-0.7 + 1e-6);
  });

  it('is late by the requests that wait: on average by those of an M/M/1 queue', () => {
    const errors = errorsOf('answer', 0.8);
    const isLate = errors.filter((error) => error > 1e-6).length;
    expect(errors[0]).toBeGreaterThan(-1e-6);
    expect(isLate).toBeGreaterThan(750);
    expect(isLate).toBeLessThan(850);
    // 0.8 * 2 ms / (1 - 0.8)
    const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
    expect(mean).toBeGreaterThan(7);
    expect(mean).toBeLessThan(9);
  });

  it('calls off what has not come yet, while it waits behind requests too', () => {
    const queue = new EventQueue();
    const loop = new EventLoop(queue, new Chance(random), () => ({ utilization: 1, loop: 1e6 }));
    let came = 0;
    const callOffs = [loop.after(10, () => came++), loop.answer(10, () => came++)];
    queue.runUntil(11);
    for (const callOff of callOffs) callOff();
    queue.runUntil(1e9);
    expect(came).toBe(0);
  });
});

describe('The simulator over a night with an endless backlog', () => {
  const backfill = { id: 'backfill', rate: 0.001, limit: 50, loop: 3, io: 15, isEndless: true };
  const night = (more: Partial<Request>) => {
    const request = {
      policy: 'ours',
      trace: 'night',
      seconds: 5400,
      processes: 1,
      jobs: [backfill],
      seed: 7,
    };
    return simulate({ ...request, ...more }).record;
  };
  /** A full slice takes 20.8 ms and rests 19 times as long, stretched by 1 to 1.25. */
  const allowed = 1000 / (20.8 * (1 + 19 * 1.125));

  it('shows that timers which come early do not end it: it does all that the duty cycle allows', () => {
    expect(night({}).perSecond(0)).toBeGreaterThan(0.97 * allowed);
    expect(night({}).perSecond(0)).toBeLessThan(1.03 * allowed);
  });

  it('goes on seconds after a slice that failed', () => {
    const { slices } = night({ trace: 'night-with-a-failure' });
    const after = slices.subarray(3600, 3610).reduce((sum, count) => sum + count, 0);
    expect(after).toBeGreaterThan(0.5 * 10 * allowed);
  });

  it('counts slices that are late, on a CPU that is throttled, for what they did', () => {
    const { outcomes } = night({ change: { throttled: 1 } });
    expect(outcomes.aborted).toBe(0);
    expect(outcomes.full).toBeGreaterThan(500);
  });

  it('aborts slices that take more than twice their budget', () => {
    const { outcomes } = night({ jobs: [{ ...backfill, io: 200 }] });
    expect(outcomes.full).toBe(0);
    expect(outcomes.aborted).toBeGreaterThan(5);
  });

  it('takes at most 2 starts a second for a job that fails always, at a duty cycle of 1', () => {
    const starts = night({ jobs: [{ ...backfill, fails: true }], options: { dutyCycle: 1 } }).perSecond(0);
    expect(starts).toBeGreaterThan(0.005);
    expect(starts).toBeLessThan(2);
  });

  it('keeps a pace with any number of processes, at about three questions a slice', () => {
    const record = night({ processes: 20, jobs: [{ ...backfill, perSecond: 1 }] });
    expect(record.perSecond(0)).toBeGreaterThan(0.95);
    expect(record.perSecond(0)).toBeLessThan(1.001);
    expect(record.questions / record.seconds).toBeLessThan(5);
  });

  it('gives a small job its turn', () => {
    const small = { ...backfill, id: 'small', isEndless: false, perFleet: 0.25, limit: 100 };
    const { lag } = night({ jobs: [small, backfill] });
    // The agenda looks at it every 180 s at the latest, the default interval of 120 s and a half.
    expect(Math.max(...lag)).toBeLessThan(185);
  });
});

describe('The simulator through a burst of ten processes', () => {
  /** Past the first burst that counts, at 1:30, which lasts two minutes. */
  const seconds = 1.55 * 3600;

  it('adds less to what requests take where slices are held back under load', () => {
    const patient = figuresOf('ours', 'bursty', seconds).burst!;
    const impatient = figuresOf('ours', 'bursty', seconds, { options: { load: false } }).burst!;
    expect(patient.p99).toBe(impatient.p99);
    expect(patient.addedP999).toBeLessThan(impatient.addedP999);
  });
});

describe('The simulator over the six silent hours of a night', () => {
  const night = 6 * 3600;

  it('shows that the original lets work lie, and the library does not', () => {
    expect(figuresOf('fixed', 'diurnal', night).lag.max).toBeGreaterThan(10_000);
    expect(figuresOf('ours', 'diurnal', night).lag.max).toBeLessThan(600);
  });
});
