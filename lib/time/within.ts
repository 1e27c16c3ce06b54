import { systemClock, type Clock } from './clock.js';

/** The error of {@link within} when the time is over. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

type Timers = Pick<Required<Clock>, 'now' | 'after'>;

/** Options of {@link within}. */
export interface WithinOptions {
  /** Message of the {@link TimeoutError}. */
  readonly message?: string | undefined;
  /** Ends the wait early. Its reason becomes the cause of the {@link TimeoutError}. */
  readonly signal?: AbortSignal | undefined;
  /** Minimum wait, even if the signal is aborted earlier: ms. @default 0 */
  readonly atLeast?: number | undefined;
  /** Time and timers. @default the system's */
  readonly clock?: Timers | undefined;
  /** Whether the timer keeps the process alive. @default false */
  readonly keepAlive?: boolean | undefined;
}

/** A timer that is later than this was delayed by the event loop. Node's timers are up to 1 ms early or late. */
const LATE_MS = 5;

/**
 * Settles as `promise` does, or rejects with a {@link TimeoutError} when that takes longer than `ms` milliseconds.
 *
 * A result that has arrived counts, even if the event loop was too busy to process it. After a stall Node runs due timers
 * before it reads from its sockets, so a due timer does not mean that no result has arrived: the wait is extended once by the
 * time by which the timer was late (at most `ms`), and by one turn of the event loop.
 */
export async function within<T>(promise: Promise<T>, ms: number, options: WithinOptions = {}): Promise<T> {
  const patience = new Patience(ms, options);
  try {
    return await Promise.race([promise, patience.isOver]);
  } finally {
    patience.end();
  }
}

/** One wait. */
class Patience {
  /** Rejects when the time is over; never settles if the wait was ended before. */
  readonly isOver: Promise<never>;
  #reject!: (error: Error) => void;
  #hasEnded = false;
  #cancel: () => void = () => undefined;
  readonly #timers: Timers;
  readonly #begun: number;

  constructor(
    private readonly ms: number,
    private readonly options: WithinOptions,
  ) {
    const { signal, clock = systemClock } = options;
    this.#timers = clock;
    this.#begun = clock.now();
    this.isOver = new Promise<never>((_resolve, reject) => (this.#reject = reject));
    this.#waitUntil(this.#begun + ms);
    if (signal?.aborted === true) this.#cutShort();
    else signal?.addEventListener('abort', this.#cutShort, { once: true });
  }

  end(): void {
    this.#hasEnded = true;
    this.#cancel();
    this.options.signal?.removeEventListener('abort', this.#cutShort);
  }

  readonly #cutShort = (): void => {
    const soonest = Math.max(this.#timers.now(), this.#begun + (this.options.atLeast ?? 0));
    this.#waitUntil(Math.min(this.#begun + this.ms, soonest));
  };

  #waitUntil(due: number, isExtended = false): void {
    const expired = (): void => {
      const now = this.#timers.now();
      const late = now - due;
      // Node's timers may fire a little early, and do not report when they are late.
      if (late < 0) this.#waitUntil(due, isExtended);
      else if (late > LATE_MS && !isExtended) this.#waitUntil(now + Math.min(late, this.ms), true);
      else setImmediate(this.#timeOut);
    };
    this.#cancel();
    const wait = Math.ceil(Math.max(0, due - this.#timers.now()));
    this.#cancel = this.#timers.after(wait, expired, this.options.keepAlive);
  }

  readonly #timeOut = (): void => {
    if (this.#hasEnded) return;
    const { signal, message = `It took longer than ${this.ms} ms` } = this.options;
    const cause = signal?.aborted === true ? { cause: signal.reason as unknown } : undefined;
    this.#reject(new TimeoutError(message, cause));
  };
}
