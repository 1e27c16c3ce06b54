import type { Clock } from '../clock.js';
import type { Random } from '../random.js';
import type { UtilizationProbe } from '../utilization.js';
import type { Gate } from './gate.js';

/** Share of drawn slices that are let through whatever the load: nothing starves. */
const MIN_ADMIT = 0.02;

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
 * Deferral is bounded where work is known to wait: after `patience` ms of unbroken load slices pass again.
 */
export class LoadGate implements Gate {
  readonly reason = 'loaded';
  #deferredAt: number | undefined;

  constructor(
    private readonly ramp: LoadRamp,
    private readonly probe: UtilizationProbe,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly patience: number,
    private readonly isWorkWaiting: () => boolean,
  ) {}

  isShut(): boolean {
    const { low, high } = this.ramp;
    const utilization = this.probe.utilization;
    if (utilization <= low) {
      this.#deferredAt = undefined;
      return false;
    }
    const chance = high > low ? (high - utilization) / (high - low) : 0;
    if (this.random.next() < Math.max(MIN_ADMIT, chance)) return false;
    const now = this.clock.now();
    this.#deferredAt ??= now;
    return !(now - this.#deferredAt > this.patience && this.isWorkWaiting());
  }
}
