import type { Clock } from './clock.js';
import type { BusyGate } from './gates/index.js';
import { outsideContext } from './outside-context.js';
import type { InstalledJob } from './roster.js';
import { SliceRun, type SliceReport } from './slice.js';

/** Who wants to know what came of slices. */
export interface SliceObserver {
  /** A slice is over for the recruiter. */
  ended(job: InstalledJob, report: SliceReport): void;
  /** A job failed after its slice was over. */
  failedLate(job: InstalledJob, error: unknown): void;
}

/** Runs admitted slices outside the caller's async context, and sees them off when the application closes. */
export class SliceRunner {
  readonly #inFlight = new Set<SliceRun>();

  constructor(
    private readonly clock: Required<Clock>,
    private readonly busy: BusyGate,
    private readonly observer: SliceObserver,
  ) {}

  /** Runs a slice now. Never rejects. */
  run(job: InstalledJob): Promise<SliceReport> {
    return this.#start(job, this.busy.enter());
  }

  /** Runs a slice in the next turn of the event loop, when what the caller was doing has been handed over. */
  runLater(job: InstalledJob, isStillAdmitted: () => boolean): void {
    const leave = this.busy.enter();
    outsideContext(() =>
      setImmediate(() => {
        if (isStillAdmitted()) void this.#start(job, leave);
        else leave();
      }),
    );
  }

  /** Waits for slices in flight; aborts after `grace` ms those that are left, and no longer waits then. */
  async close(grace: number): Promise<void> {
    let callOff!: () => void;
    const graceIsOver = new Promise<void>((resolve) => (callOff = this.clock.after(grace, resolve, true)));
    // A job that closes its recruiter before its first await is in the set only when this call has returned to it.
    await Promise.resolve();
    await Promise.race([graceIsOver, Promise.all([...this.#inFlight].map((run) => run.settled))]);
    callOff();
    const left = [...this.#inFlight];
    for (const run of left) run.abort('closing');
    await Promise.all(left.map((run) => run.ended));
  }

  async #start(job: InstalledJob, leave: () => void): Promise<SliceReport> {
    const run = outsideContext(() => new SliceRun(job.job, job.id, job.budget, this.clock));
    this.#inFlight.add(run);
    const report = await run.ended;
    if (report.outcome === 'aborted' && !report.settled) void this.#awaitLate(job, run, leave);
    else this.#letGo(run, leave);
    this.observer.ended(job, report);
    return report;
  }

  async #awaitLate(job: InstalledJob, run: SliceRun, leave: () => void): Promise<void> {
    const settled = await run.settled;
    this.#letGo(run, leave);
    if ('lateError' in settled) this.observer.failedLate(job, settled.lateError);
  }

  #letGo(run: SliceRun, leave: () => void): void {
    this.#inFlight.delete(run);
    leave();
  }
}
