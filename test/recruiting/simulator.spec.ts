import { describe, expect, it } from '@jest/globals';
import { simulate, type Figures } from '../../bench/simulator/figures.js';

function figuresOf(policy: string, trace: string, seconds: number, processes = 10): Figures {
  return simulate({ policy, trace, seconds, processes, seed: 7 }).figures;
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

  it('shows that it wastes less than the original, whose rates never back off', () => {
    const original = figuresOf('fixed-high', 'steady', HOURS);
    expect(original.waste).toBeGreaterThan(1.4 * ours.waste);
  });

  it('shows that it wastes less than the design that it began with', () => {
    expect(figuresOf('design', 'steady', HOURS).waste).toBeGreaterThan(1.1 * ours.waste);
  });

  it('refuses what it does not know, and names what it does', () => {
    expect(() => figuresOf('luck', 'steady', 60)).toThrow(
      /Unknown policy "luck"; known are ours, design, fixed,/,
    );
    expect(() => figuresOf('ours', 'rain', 60)).toThrow(/Unknown trace "rain"; known are diurnal, steady,/);
  });
});

describe('The simulator as it is called', () => {
  it.each([
    ['outage', 3600, /3600 seconds are too short for the trace "outage": it takes 52201 at least/],
    ['steady', 3600, /3600 seconds are too short for the trace "steady": it takes 3601 at least/],
  ])('refuses to end the trace %s after %d seconds', (trace, seconds, message) => {
    expect(() => figuresOf('ours', trace, seconds)).toThrow(message);
  });
});

describe('The simulator through a burst of ten processes', () => {
  /** Past the first burst that counts, at 1:30, which lasts two minutes. */
  const seconds = 1.55 * 3600;

  it('adds less to what requests take where slices wait for a quiet turn', () => {
    const patient = figuresOf('ours', 'bursty', seconds).burst!;
    const impatient = figuresOf('ours-without-quiet-turn', 'bursty', seconds).burst!;
    expect(patient.p99).toBe(impatient.p99);
    expect(patient.addedP999).toBeLessThan(impatient.addedP999);
  });
});

describe('The simulator over the six silent hours of a night', () => {
  const night = 6 * 3600;

  it('shows that the original lets work lie, and the floor timer does not', () => {
    expect(figuresOf('fixed', 'diurnal', night).lag.max).toBeGreaterThan(10_000);
    expect(figuresOf('ours-without-floor', 'diurnal', night).lag.max).toBeGreaterThan(10_000);
    expect(figuresOf('ours', 'diurnal', night).lag.max).toBeLessThan(600);
  });
});
