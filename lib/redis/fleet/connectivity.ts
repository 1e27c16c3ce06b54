import { Log } from '../../logging/log.js';
import type { Clock } from '../../time/clock.js';
import { within } from '../../time/within.js';

/** Without an answer for so long Redis counts as away: ms, some looks that failed one after the other. */
const PATIENCE = 3000;
/** Whoever asks waits no longer: ms. */
const LONGEST_ANSWER = 2000;

/** Whether Redis answers: one line when it is lost, one when it is back. */
export class Connectivity {
  readonly #log = new Log('WorkStealingRedis');
  #answeredAt = -Infinity;
  #failingSince: number | undefined;
  #isLost = false;
  #hasSaidSo = false;

  /** @param isKnown - whether the log says already that Redis cannot be reached. */
  constructor(
    private readonly clock: Required<Clock>,
    private readonly isKnown: () => boolean = () => false,
  ) {}

  /** Whether it has answered lately. */
  get isUp(): boolean {
    return this.clock.now() - this.#answeredAt < PATIENCE;
  }

  /**
   * Waits for an answer, but not for ever: a client of the user's may wait for hours.
   *
   * @throws TimeoutError when it does not come in time.
   */
  async inTime<T>(question: Promise<T>): Promise<T> {
    const message = `no answer within ${LONGEST_ANSWER} ms`;
    const answer = await within(question, LONGEST_ANSWER, { clock: this.clock, message });
    this.answered();
    return answer;
  }

  answered(): void {
    this.#answeredAt = this.clock.now();
    this.#failingSince = undefined;
    if (!this.#isLost) return;
    this.#isLost = false;
    if (!this.#hasSaidSo) return;
    this.#hasSaidSo = false;
    this.#log.info('Redis answers again: this process is part of the fleet.');
  }

  failed(error: unknown): void {
    const now = this.clock.now();
    this.#failingSince ??= now;
    if (this.#isLost || now - this.#failingSince < PATIENCE) return;
    this.#isLost = true;
    if (this.isKnown()) return;
    this.#hasSaidSo = true;
    this.#log.warn(
      `Redis does not answer, so this process is alone: the rates and pauses that it knows stay in force. ${String(error)}`,
    );
  }
}
