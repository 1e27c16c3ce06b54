import type { Clock } from '../../time/clock.js';
import type { UtilizationProbe } from '../gates/utilization.js';

/** Where a slice began. */
export interface BusyMark {
  readonly at: number;
  readonly active: number | undefined;
}

/**
 * Measures for how long slices keep the event loop busy.
 *
 * What a slice waits for elsewhere costs this process nothing, so the duty cycle counts the time in which the event loop
 * was active. That of slices which overlap is counted once. Where nobody measures it (a clock that was handed in, or a
 * runtime such as Bun, which reports that the loop was never active) the whole time counts.
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

  /** Since the slice began, or since the last one that overlaps it was counted: ms. */
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
