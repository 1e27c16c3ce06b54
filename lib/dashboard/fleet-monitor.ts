import type { OnModuleDestroy } from '@nestjs/common';
import { Observable, type Subscriber } from 'rxjs';
import { Log } from '../logging/log.js';
import { systemClock, type Clock } from '../time/clock.js';
import type { Fleet } from '../fleet/fleet.js';
import {
  JobNumbers,
  readFleet,
  SampleHistory,
  sampleOf,
  updateOf,
  type FleetSnapshot,
} from './fleet-snapshot.js';
import type { Snapshot } from './wire.js';

/** How long the monitor stays active after the last viewer has left, so that a reloaded page has its plots. */
const LINGER_MS = 60_000;
/** Pause after a read, in durations of that read: reading a fleet of thousands takes at most a fifth of the time. */
const PAUSE_PER_READ = 4;
/** Maximum of that pause. */
const MAX_PAUSE_MS = 5000;

/** An event of the stream, serialized once for all viewers. */
export interface MonitorEvent {
  readonly type: 'snapshot' | 'update';
  readonly data: string;
}

/** Reads the fleet at an interval while there are viewers, once for all of them. */
export class FleetMonitor implements OnModuleDestroy {
  readonly #log = new Log('WorkStealing');
  readonly #numbers = new JobNumbers();
  readonly #history = new SampleHistory();
  readonly #viewers = new Set<Subscriber<MonitorEvent>>();
  #latest: FleetSnapshot | undefined;
  #reading: Promise<FleetSnapshot> | undefined;
  #cancelTimer: (() => void) | undefined;
  #pause: number;
  #activeUntil = -Infinity;
  #isClosed = false;
  #isFailing = false;

  /** @param interval - minimum time between the end of one read and the next: ms. */
  constructor(
    private readonly fleet: Fleet,
    private readonly interval: number,
    private readonly clock: Required<Clock> = systemClock,
  ) {
    this.#pause = interval;
  }

  /** Whether it reads the fleet at the interval. */
  get isActive(): boolean {
    return this.#cancelTimer !== undefined || this.#reading !== undefined;
  }

  /** Whether the application is closing. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Emits a snapshot, followed by updates; completes when the application closes. */
  events(): Observable<MonitorEvent> {
    return new Observable((viewer) => {
      if (this.#isClosed) return viewer.complete();
      this.#extendActivity();
      void this.#current().then(() => {
        if (viewer.closed) return;
        viewer.next(this.snapshotEvent());
        this.#viewers.add(viewer);
        if (this.#isClosed) viewer.complete();
      });
      return () => this.#leave(viewer);
    });
  }

  /** The latest snapshot, for a viewer that has missed updates. */
  snapshotEvent(): MonitorEvent {
    return { type: 'snapshot', data: JSON.stringify(this.#snapshot()) };
  }

  /** The latest snapshot, for a page that polls. */
  async snapshot(): Promise<Snapshot> {
    this.#extendActivity();
    await this.#current();
    return this.#snapshot();
  }

  /** Reads the fleet now, since it has been changed. */
  async refresh(): Promise<void> {
    // A read in progress may have begun before the change.
    await this.#reading;
    await this.#read();
  }

  /** Ends all streams. */
  onModuleDestroy(): void {
    this.#isClosed = true;
    this.#deactivate();
    for (const viewer of this.#viewers) viewer.complete();
  }

  #leave(viewer: Subscriber<MonitorEvent>): void {
    this.#viewers.delete(viewer);
    this.#extendActivity();
  }

  #extendActivity(): void {
    this.#activeUntil = this.clock.now() + LINGER_MS;
  }

  /** The latest snapshot; reads one if the monitor was inactive. */
  async #current(): Promise<FleetSnapshot> {
    return this.#latest ?? this.#read();
  }

  #read(): Promise<FleetSnapshot> {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    return (this.#reading ??= this.#take().finally(() => {
      this.#reading = undefined;
      this.#scheduleNext();
    }));
  }

  async #take(): Promise<FleetSnapshot> {
    const before = this.#latest;
    const begun = this.clock.now();
    const now = await this.#readOrReport(before);
    const duration = this.clock.now() - begun;
    this.#pause = Math.max(this.interval, Math.min(PAUSE_PER_READ * duration, MAX_PAUSE_MS));
    if (before === undefined) return (this.#latest = now);
    const sample = now.problem === null ? sampleOf(before, now) : null;
    if (sample !== null) this.#history.add(sample);
    const event: MonitorEvent = { type: 'update', data: JSON.stringify(updateOf(before, now, sample)) };
    for (const viewer of this.#viewers) viewer.next(event);
    return (this.#latest = now);
  }

  /** If the fleet cannot be read, returns the previous snapshot with the problem. */
  async #readOrReport(before: FleetSnapshot | undefined): Promise<FleetSnapshot> {
    const at = this.clock.timestamp();
    try {
      const snapshot = await readFleet(this.fleet, this.#numbers, at);
      this.#isFailing = false;
      return snapshot;
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      if (!this.#isFailing) this.#log.error(`The dashboard cannot read the fleet: ${problem}`);
      this.#isFailing = true;
      const { jobs, processes, totals, audit } = before ?? NOTHING;
      // Keeps the time of the counts, so that the next sample covers the whole gap.
      return { at: before?.at ?? at, scope: 'process', jobs, processes, totals, audit, problem };
    }
  }

  #scheduleNext(): void {
    if (this.#isClosed) return;
    if (this.#viewers.size > 0 || this.clock.now() < this.#activeUntil) {
      this.#cancelTimer = this.clock.after(this.#pause, () => void this.#read());
    } else {
      this.#deactivate();
    }
  }

  /** Nothing is kept while there are no viewers. */
  #deactivate(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
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
const EMPTY: FleetSnapshot = { ...NOTHING, at: 0, scope: 'process', problem: null };
