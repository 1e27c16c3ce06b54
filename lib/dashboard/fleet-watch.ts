import type { OnModuleDestroy } from '@nestjs/common';
import { Observable, type Subscriber } from 'rxjs';
import { Log } from '../logging/log.js';
import { systemClock, type Clock } from '../time/clock.js';
import type { Fleet } from '../fleet/fleet.js';
import { History } from './history.js';
import { JobNumbers, lookAt, sampleOf, updateOf, type Look } from './look.js';
import type { Snapshot } from './wire.js';

/** ms that looking goes on after the last one has gone: a page that is loaded anew finds its plots. */
const LINGER = 60_000;

/** Looking at a fleet of thousands takes long: no more than a fifth of the time is spent on it, */
const PAUSES_A_LOOK = 4;
/** unless the page would have to wait for so long: ms. */
const LONGEST_PAUSE = 5000;

/** An event of the stream: the text is made once for all who watch. */
export interface WatchEvent {
  readonly type: 'snapshot' | 'update';
  readonly data: string;
}

/** Looks at the fleet again and again while somebody watches: once for all of them. */
export class FleetWatch implements OnModuleDestroy {
  readonly #log = new Log('WorkStealing');
  readonly #numbers = new JobNumbers();
  readonly #history = new History();
  readonly #viewers = new Set<Subscriber<WatchEvent>>();
  #latest: Look | undefined;
  #looking: Promise<Look> | undefined;
  #callOff: (() => void) | undefined;
  #pause: number;
  #lookUntil = -Infinity;
  #isClosed = false;
  #isInTrouble = false;

  /** @param interval - ms between the end of one look and the next, at least. */
  constructor(
    private readonly fleet: Fleet,
    private readonly interval: number,
    private readonly clock: Required<Clock> = systemClock,
  ) {
    this.#pause = interval;
  }

  /** Whether it looks at the fleet now and then. */
  get isActive(): boolean {
    return this.#callOff !== undefined || this.#looking !== undefined;
  }

  /** Whether the application closes. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Everything, then what changes; ends when the server does. */
  events(): Observable<WatchEvent> {
    return new Observable((viewer) => {
      if (this.#isClosed) return viewer.complete();
      this.#beActive();
      void this.#current().then(() => {
        if (viewer.closed) return;
        viewer.next(this.everything());
        this.#viewers.add(viewer);
        if (this.#isClosed) viewer.complete();
      });
      return () => this.#leave(viewer);
    });
  }

  /** Everything as it was seen last, for a viewer that has missed updates. */
  everything(): WatchEvent {
    return { type: 'snapshot', data: JSON.stringify(this.#snapshot()) };
  }

  /** Everything, for one who asks again and again. */
  async snapshot(): Promise<Snapshot> {
    this.#beActive();
    await this.#current();
    return this.#snapshot();
  }

  /** Looks at once: somebody has changed something. */
  async refresh(): Promise<void> {
    // One that is under way may have begun before the change.
    await this.#looking;
    await this.#look();
  }

  /** Ends all streams. */
  onModuleDestroy(): void {
    this.#isClosed = true;
    this.#rest();
    for (const viewer of this.#viewers) viewer.complete();
  }

  #leave(viewer: Subscriber<WatchEvent>): void {
    this.#viewers.delete(viewer);
    this.#beActive();
  }

  #beActive(): void {
    this.#lookUntil = this.clock.now() + LINGER;
  }

  /** The latest look; takes one where nobody has watched for a while. */
  async #current(): Promise<Look> {
    return this.#latest ?? this.#look();
  }

  #look(): Promise<Look> {
    this.#callOff?.();
    this.#callOff = undefined;
    return (this.#looking ??= this.#take().finally(() => {
      this.#looking = undefined;
      this.#goOn();
    }));
  }

  async #take(): Promise<Look> {
    const before = this.#latest;
    const begun = this.clock.now();
    const now = await this.#lookOrTell(before);
    const took = this.clock.now() - begun;
    this.#pause = Math.max(this.interval, Math.min(PAUSES_A_LOOK * took, LONGEST_PAUSE));
    if (before === undefined) return (this.#latest = now);
    const sample = now.problem === null ? sampleOf(before, now) : null;
    if (sample !== null) this.#history.add(sample);
    const event: WatchEvent = { type: 'update', data: JSON.stringify(updateOf(before, now, sample)) };
    for (const viewer of this.#viewers) viewer.next(event);
    return (this.#latest = now);
  }

  /** When the fleet cannot be looked at, what was seen last stands, and why is said. */
  async #lookOrTell(before: Look | undefined): Promise<Look> {
    const at = this.clock.timestamp();
    try {
      const look = await lookAt(this.fleet, this.#numbers, at);
      this.#isInTrouble = false;
      return look;
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      if (!this.#isInTrouble) this.#log.error(`The dashboard cannot see the fleet: ${problem}`);
      this.#isInTrouble = true;
      const { jobs, processes, totals, audit } = before ?? NOTHING;
      // Counts since then are to be counted from then.
      return { at: before?.at ?? at, scope: 'process', jobs, processes, totals, audit, problem };
    }
  }

  #goOn(): void {
    if (this.#isClosed) return;
    if (this.#viewers.size > 0 || this.clock.now() < this.#lookUntil) {
      this.#callOff = this.clock.after(this.#pause, () => void this.#look());
    } else {
      this.#rest();
    }
  }

  /** Nothing is kept while nobody watches. */
  #rest(): void {
    this.#callOff?.();
    this.#callOff = undefined;
    this.#latest = undefined;
    this.#history.clear();
    this.#numbers.clear();
  }

  #snapshot(): Snapshot {
    const { at, scope, jobs, processes, totals, audit, problem } = this.#latest ?? EMPTY;
    const { samples } = this.#history;
    const { interval } = this;
    return {
      at,
      interval,
      scope,
      jobs: [...jobs.values()],
      processes,
      totals,
      audit,
      samples,
      problem,
    };
  }
}

const NOTHING = {
  jobs: new Map(),
  processes: [],
  totals: { processes: 0, enlistmentsPerSecond: 0, inFlight: 0 },
  audit: [],
};
const EMPTY: Look = { ...NOTHING, at: 0, scope: 'process', problem: null };
