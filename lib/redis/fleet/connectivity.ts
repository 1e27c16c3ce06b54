import { Log } from '../../logging/log.js';
import type { Clock } from '../../time/clock.js';
import { within } from '../../time/within.js';

/** Redis counts as away after this long without a reply: several failed polls in a row. */
const AWAY_AFTER_MS = 3000;
/** How long a call waits for a reply. */
const REPLY_TIMEOUT_MS = 2000;

/** Tracks whether Redis replies; logs one line when it is lost and one when it is back. */
export class Connectivity {
  readonly #log = new Log('WorkStealingRedis');
  #answeredAt = -Infinity;
  #failingSince: number | undefined;
  #isLost = false;
  #isLogged = false;

  /** @param isKnownToFail - whether the log already reports that Redis cannot be reached. */
  constructor(
    private readonly clock: Required<Clock>,
    private readonly isKnownToFail: () => boolean = () => false,
  ) {}

  /** Whether Redis has replied recently. */
  get isUp(): boolean {
    return this.clock.now() - this.#answeredAt < AWAY_AFTER_MS;
  }

  /**
   * Waits for a reply for a limited time: a client that the application configured may queue commands for hours.
   *
   * @throws TimeoutError after 2 s without a reply.
   */
  async inTime<T>(call: Promise<T>): Promise<T> {
    const message = `no answer within ${REPLY_TIMEOUT_MS} ms`;
    const reply = await within(call, REPLY_TIMEOUT_MS, { clock: this.clock, message });
    this.answered();
    return reply;
  }

  answered(): void {
    this.#answeredAt = this.clock.now();
    this.#failingSince = undefined;
    if (!this.#isLost) return;
    this.#isLost = false;
    if (!this.#isLogged) return;
    this.#isLogged = false;
    this.#log.info('Redis answers again: this process is part of the fleet.');
  }

  failed(error: unknown): void {
    const now = this.clock.now();
    this.#failingSince ??= now;
    if (this.#isLost || now - this.#failingSince < AWAY_AFTER_MS) return;
    this.#isLost = true;
    if (this.isKnownToFail()) return;
    this.#isLogged = true;
    this.#log.warn(
      `Redis does not answer, so this process acts alone: the rates and pauses that it has applied stay in force. ${String(error)}`,
    );
  }
}
