import type { Clock } from '../clock.js';
import type { Gate } from './gate.js';

/** Longest rest: ms. A slice that hung, or a clock that leapt, must not silence a process for hours. */
const LONGEST_REST = 10 * 60_000;

/**
 * Shut while the process rests after a slice.
 *
 * Goal: slices take at most `dutyCycle` of wall-clock time. Model: after a slice of t ms, rest t * (1/dutyCycle - 1);
 * the rests of slices that were in flight together add up. It clocks itself: a slow Redis makes slices long, and so
 * makes every process ask it less often.
 */
export class DutyGate implements Gate {
  readonly reason = 'duty-spent';
  #restUntil = -Infinity;

  constructor(
    private readonly dutyCycle: number,
    private readonly clock: Clock,
  ) {}

  /** Until when the process rests, by the recruiter's clock: ms. */
  get restUntil(): number {
    return this.#restUntil;
  }

  isShut(): boolean {
    return this.clock.now() < this.#restUntil;
  }

  /** Takes note of a slice that has just ended. */
  rest(duration: number): void {
    const now = this.clock.now();
    // 1 / dutyCycle may be Infinity, and 0 times that is no number.
    const rest = duration === 0 ? 0 : duration * (1 / this.dutyCycle - 1);
    this.#restUntil = Math.min(now + LONGEST_REST, Math.max(now, this.#restUntil) + rest);
  }
}
