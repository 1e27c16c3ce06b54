import type { Clock } from '../../time/clock.js';
import type { UtilizationProbe } from '../gates/utilization.js';

/** A reading at the start of a slice, in ms. */
export interface BusyMark {
  readonly at: number;
  readonly active: number | undefined;
}

/**
 * Measures the time for which slices keep the event loop busy.
 *
 * A slice that waits for another system costs this process nothing, so the duty cycle counts the time for which the event
 * loop was active. Time that several slices overlap is counted once. If the activity is not measured (with an injected
 * clock, or on a runtime such as Bun, which reports that the loop was never active), the whole time counts.
 */
export class BusyTime {
  #counted: { readonly at: number; readonly active: number } = { at: -Infinity, active: -Infinity };

  constructor(
    private readonly clock: Clock,
    private readonly probe: Pick<UtilizationProbe, 'active'>,
  ) {}

  begin(): BusyMark {
    return { at: this.clock.now(), active: this.probe.active };
  }

  /** Busy time since the slice began, or since an overlapping slice was last counted: ms. */
  since(begun: BusyMark): number {
    const { at, active = -Infinity } = this.begin();
    const before = this.#counted;
    this.#counted = { at, active };
    const isMeasured = begun.active !== undefined && active > begun.active;
    const since = isMeasured
      ? active - Math.max(begun.active, before.active)
      : at - Math.max(begun.at, before.at);
    return Math.max(0, since);
  }
}
