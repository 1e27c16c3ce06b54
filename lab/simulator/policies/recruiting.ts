import { BusyTime, type BusyMark } from '../../../lib/recruiter/slice/busy-time.js';
import { SteadyClock } from '../../../lib/time/clock.js';
import { Decider } from '../../../lib/recruiter/decider.js';
import { Duty, type Job } from '../../../lib/recruiter/job.js';
import { resolveOptions, type RecruiterOptions } from '../../../lib/recruiter/options.js';
import type { Outcome } from '../../../lib/recruiter/outcome.js';
import { MAX_WAIT_MS } from '../../../lib/recruiter/slice/quiet-turn.js';
import type { InstalledJob } from '../../../lib/recruiter/installed-job.js';
import { Roster } from '../../../lib/recruiter/roster.js';
import { EventLoopProbe } from '../../../lib/recruiter/gates/utilization.js';
import type { Host, Policy, Source } from './policy.js';

/** Never run: the simulator's slices are done by its processes. Their work is the whole fleet's. */
const JOB: Job = { recruited: () => Duty.DISMISSED, fleetWide: true };

/** A slice that has not settled yet. */
interface Running {
  readonly leave: () => void;
  mark: BusyMark;
  isOver: boolean;
}

/** The library's own classes, in a simulated process. Does what the recruiter and its slice runner do, without promises. */
export class Recruiting implements Policy {
  readonly longestSlice: number;
  readonly #clock: SteadyClock;
  readonly #jobs: InstalledJob[];
  readonly #decider: Decider;
  readonly #busyTime: BusyTime;
  readonly #running = new Map<number, Running>();

  constructor(
    private readonly host: Host,
    options: RecruiterOptions,
  ) {
    const resolved = resolveOptions(options);
    const roster = new Roster('simulated', resolved);
    this.#clock = new SteadyClock(host.clock);
    const probe = new EventLoopProbe(this.#clock, host.loopTime);
    this.#busyTime = new BusyTime(this.#clock, probe);
    this.longestSlice = 2 * resolved.budget;
    this.#decider = new Decider(roster, resolved, {
      clock: this.#clock,
      random: host.random,
      probe,
      recruiter: 'simulated',
      processes: () => host.processes,
      reportError: (error) => {
        throw error;
      },
      run: (job) => this.#admit(job, 'timer'),
      gated: (job, reason, origin) => {
        if (origin === 'enlistment') host.gated(this.#jobs.indexOf(job), reason);
      },
    });
    this.#jobs = host.jobs.map((job) => roster.add(JOB, job.id, { rate: job.rate }));
  }

  get skip(): number {
    return this.#decider.lottery.skip;
  }

  set skip(skip: number) {
    this.#decider.lottery.skip = skip;
  }

  get levels(): readonly number[] {
    return this.#jobs.map(({ control }) => control.level);
  }

  get patience(): number {
    return this.#decider.isLoaded ? MAX_WAIT_MS : 0;
  }

  draw(): void {
    const job = this.#decider.draw();
    if (job !== undefined) this.#admit(job, 'enlistment');
  }

  ended(index: number, outcome: Outcome, duration: number): void {
    const running = this.#running.get(index)!;
    running.isOver = true;
    const busyFor = this.#busyTime.since(running.mark);
    running.mark = this.#busyTime.begin();
    this.#decider.ended(this.#jobs[index]!, { outcome, duration, busyFor });
  }

  settled(index: number, outcome: Outcome, duration: number): void {
    const { leave, mark, isOver } = this.#running.get(index)!;
    leave();
    if (!isOver) return;
    const more = outcome === 'failed' ? undefined : outcome === 'full';
    this.#decider.settledLate(this.#jobs[index]!, more, duration, this.#busyTime.since(mark));
  }

  open(): void {
    this.#decider.open();
  }

  close(): void {
    this.#decider.close();
  }

  #admit(job: InstalledJob, source: Source): void {
    const index = this.#jobs.indexOf(job);
    const { perSecond } = this.host.jobs[index]!;
    const leave = this.#decider.busy.acquire();
    if (perSecond === undefined) return this.#run(index, source, leave);
    this.host.askPace(index, (wait) => {
      if (wait === 0) {
        this.#decider.paceGranted(job, perSecond);
        return this.#run(index, source, leave);
      }
      leave();
      this.#decider.refused(job, { reason: 'pace-spent', wait });
      if (source === 'enlistment') this.host.gated(index, 'pace-spent');
    });
  }

  #run(index: number, source: Source, leave: () => void): void {
    this.#running.set(index, { leave, mark: this.#busyTime.begin(), isOver: false });
    this.host.run(index, source);
  }
}
