import type { Clock } from '../../time/clock.js';
import type { Random } from '../random.js';
import type { UtilizationProbe } from './utilization.js';
import type { Gate } from './gate.js';

/** Share of drawn slices that are let through whatever the load: nothing starves. */
const MIN_ADMIT = 0.02;

/** Unbroken load after which the gate is open: ms. Longer than most bursts, short for a busy day. */
const PATIENCE_MS = 360_000;

/** Event-loop utilization from which slices are held back, and at which nearly all are. */
export interface LoadRamp {
  readonly low: number;
  readonly high: number;
}

/**
 * Shut in busy moments.
 *
 * Goal: slices do not add to the latency of requests when there are many. Model: below `low` always open; from there
 * to `high` the chance to pass falls linearly (a threshold would make a fleet switch in step), and never below 2 %.
 * Load that lasts is no busy moment but how things are, and there is nothing to wait for: with the square of the time
 * of unbroken load the chance grows again, to 1 after six minutes. The square holds more back in the first minutes,
 * in which most bursts are over, and makes a fleet open gradually.
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

  /** The probe's reading: 0 to 1. Everybody who wants it reads it here, so that no calm moment goes unseen. */
  get utilization(): number {
    const { utilization } = this.probe;
    if (utilization <= this.ramp.low) this.#loadedSince = undefined;
    else this.#loadedSince ??= this.clock.now();
    return utilization;
  }

  /** Whether the event loop is busy: a slice that passes all the same should mind the requests beside it. */
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
