import type { Clock } from '../../../lib/recruiter/clock.js';
import type { Outcome } from '../../../lib/recruiter/outcome.js';
import type { Random } from '../../../lib/recruiter/random.js';
import type { RateControl } from '../../../lib/recruiter/rate-control.js';
import type { UtilizationProbe } from '../../../lib/recruiter/utilization.js';
import type { Parts } from './recruiting.js';

const DEEPEST = 6;
/** Of the floor timer, and of deferral: ms. */
const INTERVAL = 120_000;
/** Utilization from which slices are held back. */
const LOW = 0.4;

/** The algorithm that the library began with, on the library's own lottery, gates, drain and floor timer: for one process. */
export function firstDesign(): Parts {
  const jobs: FirstBackOff[] = [];
  return {
    newControl: () => {
      const control = new FirstBackOff(jobs);
      jobs.push(control);
      return control;
    },
    probeOf: (probe, clock) => new BoundedDeferral(probe, clock, () => jobs.some(({ more }) => more)),
  };
}

/** Shows no load once slices have been deferred for an interval while work is known to wait. */
class BoundedDeferral implements UtilizationProbe {
  #deferredAt: number | undefined;

  constructor(
    private readonly probe: UtilizationProbe,
    private readonly clock: Clock,
    private readonly hasMore: () => boolean,
  ) {}

  get utilization(): number {
    const { utilization } = this.probe;
    if (utilization <= LOW) {
      this.#deferredAt = undefined;
      return utilization;
    }
    this.#deferredAt ??= this.clock.now();
    const isOver = this.clock.now() - this.#deferredAt > INTERVAL && this.hasMore();
    return isOver ? 0 : utilization;
  }
}

/**
 * The back-off that the library began with, for its own drain and floor timer: one level down for a slice without work,
 * one up for one with some; no slow start; the floor timer waits one interval for every job; when one job of the process
 * has more waiting the drain serves them all, by rate and level.
 */
class FirstBackOff implements RateControl {
  /** Four fruitless slices are one interval of the floor timer. */
  readonly fruitless = 4;
  #hasMore = false;
  #level = 0;

  /** @param siblings - all jobs of the process, this one included. */
  constructor(private readonly siblings: readonly FirstBackOff[]) {}

  get factor(): number {
    return 2 ** -this.#level;
  }

  get more(): boolean {
    return this.siblings.some((job) => job.#hasMore);
  }

  pace(): number {
    return this.factor;
  }

  admits(random: Random): boolean {
    return random.next() < this.factor;
  }

  learn(outcome: Outcome): void {
    this.#hasMore = outcome === 'full';
    if (this.#hasMore) this.#level = 0;
    else this.#level = Math.min(DEEPEST, Math.max(0, this.#level + (outcome === 'partial' ? -1 : 1)));
  }
}
