/** What {@link within} rejects with when it has waited long enough. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

/** A monotonic time and timers, both in ms: those of a `Clock`. */
export interface Timers {
  now(): number;
  after(ms: number, callback: () => void, keepAlive?: boolean): () => void;
}

const systemTimers: Timers = {
  now: () => performance.now(),
  after(ms, callback, keepAlive) {
    const timer = setTimeout(callback, ms);
    if (keepAlive !== true) timer.unref();
    return () => clearTimeout(timer);
  },
};

/** How {@link within} waits. */
export interface WithinOptions {
  /** Message of the {@link TimeoutError}. */
  readonly message?: string | undefined;
  /** Ends the wait early: its reason becomes the cause of the {@link TimeoutError}. */
  readonly signal?: AbortSignal | undefined;
  /** For how long the wait goes on at least, however early the signal is aborted: ms. @default 0 */
  readonly atLeast?: number | undefined;
  /** Time and timers. @default the system's */
  readonly clock?: Timers | undefined;
  /** Whether the timer keeps the process alive. @default false */
  readonly keepAlive?: boolean | undefined;
}

/** A timer that is this much late has waited for the event loop: ms. Node's own are up to 1 ms early or late. */
const LATE = 5;

/**
 * Settles as `promise` does, or rejects with a {@link TimeoutError} when that takes longer than `ms` milliseconds.
 *
 * A result that has arrived counts, even if the event loop was too busy to see it. After a stall Node runs the timers
 * that fell due before it reads from its sockets, so a timer that is due does not mean that nothing has come: the wait
 * goes on for as long as the timer was late (`ms` at most, and once), and for one turn of the event loop.
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
  /** Rejects when the wait is over, and never settles when it has ended before. */
  readonly isOver: Promise<never>;
  #reject!: (error: Error) => void;
  #hasEnded = false;
  #callOff: () => void = () => undefined;
  readonly #timers: Timers;
  readonly #begun: number;

  constructor(
    private readonly ms: number,
    private readonly options: WithinOptions,
  ) {
    const { signal, clock = systemTimers } = options;
    this.#timers = clock;
    this.#begun = clock.now();
    this.isOver = new Promise<never>((_resolve, reject) => (this.#reject = reject));
    this.#waitUntil(this.#begun + ms);
    if (signal?.aborted === true) this.#cutShort();
    else signal?.addEventListener('abort', this.#cutShort, { once: true });
  }

  end(): void {
    this.#hasEnded = true;
    this.#callOff();
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
      // Node's timers may fire a little early, and do not say when they are late.
      if (late < 0) this.#waitUntil(due, isExtended);
      else if (late > LATE && !isExtended) this.#waitUntil(now + Math.min(late, this.ms), true);
      else setImmediate(this.#giveUp);
    };
    this.#callOff();
    const wait = Math.ceil(Math.max(0, due - this.#timers.now()));
    this.#callOff = this.#timers.after(wait, expired, this.options.keepAlive);
  }

  readonly #giveUp = (): void => {
    if (this.#hasEnded) return;
    const { signal, message = `It took longer than ${this.ms} ms` } = this.options;
    const cause = signal?.aborted === true ? { cause: signal.reason as unknown } : undefined;
    this.#reject(new TimeoutError(message, cause));
  };
}
