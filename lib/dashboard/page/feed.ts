import type { Snapshot, State, Update, Viewer } from '../wire.js';

/** How the page hears of the fleet. */
export type Connection = 'connecting' | 'live' | 'polling' | 'slowed' | 'lost' | 'refused';
/** Why it may not hear of it. */
export type Refusal = 'signed-out' | 'not-allowed';

export interface Listener {
  viewer(viewer: Viewer): void;
  snapshot(snapshot: Snapshot): void;
  update(update: Update): void;
  /** @param why - of `refused`. */
  connection(connection: Connection, why?: Refusal): void;
}

/** ms between questions where events do not come through. */
const POLL = 2000;
/** ms without a word after which events count as not coming: so long, and so many intervals of the server. */
const PATIENCE = { start: 5000, intervals: 5 };
/** ms after which events are tried again while the page asks. */
const TRY_AGAIN = 30_000;
/** ms to wait where the server says that the page asks too often: what it says itself, within these bounds. */
const SLOWED = { shortest: 5000, longest: 120_000 };
/** ms that a stream may be gone before the page says so: the server ends each now and then. */
const GRACE = 1500;

/**
 * Hears of the fleet by server-sent events. Where these do not come through (a proxy holds them back, the server has
 * gone) it asks again and again, and tries events now and then, and as soon as the server is back.
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
      this.#heard();
      this.listener.snapshot(snapshot);
    });
    source.addEventListener('update', ({ data }: MessageEvent<string>) => {
      this.#heard();
      this.listener.update(JSON.parse(data) as Update);
    });
    source.addEventListener('error', () => this.#lose(source));
    this.#expect();
  }

  #heard(): void {
    this.#isPolling = false;
    this.#isAway = false;
    for (const timer of [this.#poll, this.#retry, this.#grace]) timer.stop();
    this.listener.connection('live');
    this.#expect();
  }

  /** Events that do not come any more are as good as an error. */
  #expect(): void {
    this.#watchdog.start(PATIENCE.start + PATIENCE.intervals * this.#interval, () => this.#askInstead());
  }

  /** The browser connects again by itself, unless the answer was no stream. */
  #lose(source: EventSource): void {
    if (source.readyState === EventSource.CLOSED) this.#askInstead();
    else if (!this.#isPolling) {
      this.#grace.startOnce(GRACE, () => this.listener.connection('lost'));
    }
  }

  #askInstead(): void {
    this.#source?.close();
    this.#watchdog.stop();
    this.#grace.stop();
    this.#retry.start(TRY_AGAIN, () => this.#listen());
    if (this.#isPolling) return;
    this.#isPolling = true;
    void this.#ask();
  }

  async #ask(): Promise<void> {
    const { state, connection, why, wait = POLL } = await this.#fetchState();
    // Events came while it was under way.
    if (!this.#isPolling) return;
    const isBack = state !== undefined && this.#isAway;
    this.#isAway = state === undefined;
    if (state !== undefined) {
      this.listener.viewer(state.viewer);
      this.listener.snapshot(state.snapshot);
    }
    this.listener.connection(connection, why);
    this.#poll.start(wait, () => void this.#ask());
    if (isBack) this.#listen();
  }

  async #fetchState(): Promise<Answer> {
    try {
      // A session that has ended often leads to a page to sign in at, which is no answer to this.
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

/** What came of a question. */
interface Answer {
  readonly connection: Connection;
  readonly why?: Refusal;
  readonly state?: State;
  /** ms until the next question. */
  readonly wait?: number;
}

/** A redirect, or a page in place of what was asked for. */
function isSignedOut({ status, type, ok, headers }: Response): boolean {
  if (type === 'opaqueredirect' || status === 401 || (status >= 300 && status < 400)) return true;
  return ok && !/^application\/json\b/.test(headers.get('Content-Type') ?? '');
}

/** Retry-After is a number of seconds, or a date. */
function waitOf(headers: Headers): number {
  const said = headers.get('Retry-After') ?? '';
  const wait = /^\d+$/.test(said) ? Number(said) * 1000 : Date.parse(said) - Date.now();
  return Math.min(SLOWED.longest, Math.max(SLOWED.shortest, Number.isNaN(wait) ? 0 : wait));
}

/** One thing to be done later, at most. */
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
