import type { Clock } from '../../time/clock.js';
import type { Random } from '../random.js';
import type { UtilizationProbe } from './utilization.js';
import type { Gate } from './gate.js';

/** Minimum share of drawn slices that pass at any load, so that no job starves. */
const MIN_ADMIT = 0.02;

/** Duration of uninterrupted load after which the gate is open: ms. Longer than most bursts, short for a busy day. */
const PATIENCE_MS = 360_000;

/** Event-loop utilization above which slices are held back, and at which nearly all are: 0 to 1. */
export interface LoadRamp {
  readonly low: number;
  readonly high: number;
}

/**
 * Shut while the event loop is busy.
 *
 * Goal: slices do not add to the latency of requests during bursts. Model: up to `low` the gate is always open; from there
 * to `high` the probability to pass falls linearly (a threshold would make a fleet switch in step), to no less than 2 %.
 * Load that lasts is not a burst, and waiting does not help: the probability grows again with the square of the time of
 * uninterrupted load, to 1 after six minutes. The square holds more slices back in the first minutes, within which most
 * bursts end, and lets a fleet open gradually.
 */
export class LoadGate implements Gate {
  readonly reason = 'loaded';
  #loadedSince: number | undefined;

  constructor(
    private readonly ramp: LoadRamp,
    private readonly probe: UtilizationProbe,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  /** The probe's reading: 0 to 1. All callers must read it here, since a low reading resets the time of load. */
  get utilization(): number {
    const { utilization } = this.probe;
    if (utilization <= this.ramp.low) this.#loadedSince = undefined;
    else this.#loadedSince ??= this.clock.now();
    return utilization;
  }

  /** Whether the event loop is busy: a slice that passes nevertheless should let requests go first. */
  get isLoaded(): boolean {
    return this.utilization > this.ramp.low;
  }

  isShut(): boolean {
    const { low, high } = this.ramp;
    const { utilization } = this;
    if (this.#loadedSince === undefined) return false;
    const calm = high > low ? (high - utilization) / (high - low) : 0;
    const waited = ((this.clock.now() - this.#loadedSince) / PATIENCE_MS) ** 2;
    return this.random.next() >= Math.max(MIN_ADMIT, calm, waited);
  }
}
