import type { Snapshot, State, Update, Viewer } from '../wire.js';

/** State of the connection to the server. */
export type Connection = 'connecting' | 'live' | 'polling' | 'slowed' | 'lost' | 'refused';
/** Why the server refuses the page. */
export type Refusal = 'signed-out' | 'not-allowed';

export interface Listener {
  viewer(viewer: Viewer): void;
  snapshot(snapshot: Snapshot): void;
  update(update: Update): void;
  /** @param why - reason of `refused`. */
  connection(connection: Connection, why?: Refusal): void;
}

/** Interval of polls if events do not arrive. */
const POLL_MS = 2000;
/** Time without a message after which events count as failed: a constant and a number of the server's intervals. */
const SILENCE = { ms: 5000, intervals: 5 };
/** How long the page polls before it tries events again. */
const RETRY_MS = 30_000;
/** Bounds of the wait that the server requests after too many requests. */
const SLOWED_MS = { min: 5000, max: 120_000 };
/** How long a stream may be gone before the page shows it: the server ends each after some minutes. */
const GRACE_MS = 1500;

/**
 * Receives the state of the fleet by server-sent events. If these do not arrive (a proxy buffers them, the server is down)
 * it polls, and tries events again at intervals, and as soon as the server is back.
 */
export class Feed {
  #source: EventSource | undefined;
  #interval = 1000;
  #isPolling = false;
  #isAway = false;
  readonly #watchdog = new Timer();
  readonly #poll = new Timer();
  readonly #retry = new Timer();
  readonly #grace = new Timer();

  constructor(
    private readonly base: URL,
    private readonly listener: Listener,
  ) {}

  start(): void {
    this.listener.connection('connecting');
    this.#listen();
  }

  #listen(): void {
    this.#source?.close();
    const source = new EventSource(new URL('events', this.base));
    this.#source = source;
    source.addEventListener('viewer', ({ data }: MessageEvent<string>) => {
      this.listener.viewer(JSON.parse(data) as Viewer);
    });
    source.addEventListener('snapshot', ({ data }: MessageEvent<string>) => {
      const snapshot = JSON.parse(data) as Snapshot;
      this.#interval = snapshot.interval;
      this.#received();
      this.listener.snapshot(snapshot);
    });
    source.addEventListener('update', ({ data }: MessageEvent<string>) => {
      this.#received();
      this.listener.update(JSON.parse(data) as Update);
    });
    source.addEventListener('error', () => this.#lose(source));
    this.#restartWatchdog();
  }

  #received(): void {
    this.#isPolling = false;
    this.#isAway = false;
    for (const timer of [this.#poll, this.#retry, this.#grace]) timer.stop();
    this.listener.connection('live');
    this.#restartWatchdog();
  }

  /** Treats a silence like an error. */
  #restartWatchdog(): void {
    this.#watchdog.start(SILENCE.ms + SILENCE.intervals * this.#interval, () => this.#pollInstead());
  }

  /** The browser reconnects by itself, unless the response was not a stream. */
  #lose(source: EventSource): void {
    if (source.readyState === EventSource.CLOSED) this.#pollInstead();
    else if (!this.#isPolling) {
      this.#grace.startOnce(GRACE_MS, () => this.listener.connection('lost'));
    }
  }

  #pollInstead(): void {
    this.#source?.close();
    this.#watchdog.stop();
    this.#grace.stop();
    this.#retry.start(RETRY_MS, () => this.#listen());
    if (this.#isPolling) return;
    this.#isPolling = true;
    void this.#pollOnce();
  }

  async #pollOnce(): Promise<void> {
    const { state, connection, why, wait = POLL_MS } = await this.#fetchState();
    // Events have arrived meanwhile.
    if (!this.#isPolling) return;
    const isBack = state !== undefined && this.#isAway;
    this.#isAway = state === undefined;
    if (state !== undefined) {
      this.listener.viewer(state.viewer);
      this.listener.snapshot(state.snapshot);
    }
    this.listener.connection(connection, why);
    this.#poll.start(wait, () => void this.#pollOnce());
    if (isBack) this.#listen();
  }

  async #fetchState(): Promise<PollResult> {
    try {
      // After the end of a session, a redirect often leads to a sign-in page.
      const response = await fetch(new URL('state', this.base), {
        headers: { Accept: 'application/json' },
        redirect: 'manual',
      });
      const { status, headers } = response;
      if (isSignedOut(response)) return { connection: 'refused', why: 'signed-out' };
      if (response.ok) return { connection: 'polling', state: (await response.json()) as State };
      if (status === 403) return { connection: 'refused', why: 'not-allowed' };
      return status === 429 ? { connection: 'slowed', wait: waitOf(headers) } : { connection: 'lost' };
    } catch {
      return { connection: 'lost' };
    }
  }
}

/** The result of a poll. */
interface PollResult {
  readonly connection: Connection;
  readonly why?: Refusal;
  readonly state?: State;
  /** Time until the next poll: ms. */
  readonly wait?: number;
}

/** Whether the response is a redirect, or a page in place of the state. */
function isSignedOut({ status, type, ok, headers }: Response): boolean {
  if (type === 'opaqueredirect' || status === 401 || (status >= 300 && status < 400)) return true;
  return ok && !/^application\/json\b/.test(headers.get('Content-Type') ?? '');
}

/** Retry-After is a number of seconds, or a date. */
function waitOf(headers: Headers): number {
  const value = headers.get('Retry-After') ?? '';
  const wait = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Math.min(SLOWED_MS.max, Math.max(SLOWED_MS.min, Number.isNaN(wait) ? 0 : wait));
}

/** A timer for at most one action. */
class Timer {
  #handle: number | undefined;

  start(ms: number, action: () => void): void {
    this.stop();
    this.#handle = window.setTimeout(() => {
      this.#handle = undefined;
      action();
    }, ms);
  }

  startOnce(ms: number, action: () => void): void {
    if (this.#handle === undefined) this.start(ms, action);
  }

  stop(): void {
    window.clearTimeout(this.#handle);
    this.#handle = undefined;
  }
}
