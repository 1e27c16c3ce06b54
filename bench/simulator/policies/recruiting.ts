import { SteadyClock } from '../../../lib/recruiter/clock.js';
import { Decider } from '../../../lib/recruiter/decider.js';
import { Duty, type Job } from '../../../lib/recruiter/job.js';
import { resolveOptions, type RecruiterOptions } from '../../../lib/recruiter/options.js';
import type { Outcome } from '../../../lib/recruiter/outcome.js';
import { LONGEST_WAIT } from '../../../lib/recruiter/quiet-turn.js';
import { Roster, type InstalledJob } from '../../../lib/recruiter/roster.js';
import { EventLoopProbe } from '../../../lib/recruiter/utilization.js';
import type { Host, Policy, Source } from './policy.js';

/** Never run: the simulator's slices are done by its processes. */
const JOB: Job = { recruited: () => Duty.DISMISSED };

/** The library's own classes, in a simulated process. */
export class Recruiting implements Policy {
  readonly longestSlice: number;
  readonly #jobs: InstalledJob[];
  readonly #decider: Decider;
  readonly #leave = new Map<InstalledJob, () => void>();

  constructor(
    private readonly host: Host,
    options: RecruiterOptions,
  ) {
    const resolved = resolveOptions(options);
    const clock = new SteadyClock(host.clock);
    const roster = new Roster('simulated', resolved);
    this.longestSlice = resolved.budget;
    this.#decider = new Decider(roster, resolved, {
      clock,
      random: host.random,
      probe: new EventLoopProbe(clock, host.loopTime),
      run: (job) => this.#run(job, 'timer'),
      gated: (job, reason) => host.gated(this.#jobs.indexOf(job), reason),
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
    return this.#jobs.map((job) => -Math.log2(job.control.factor));
  }

  get patience(): number {
    return this.#decider.isLoaded ? LONGEST_WAIT : 0;
  }

  draw(): void {
    const job = this.#decider.draw();
    if (job !== undefined) this.#run(job, 'enlistment');
  }

  ended(index: number, outcome: Outcome, duration: number): void {
    this.#decider.ended(this.#jobs[index]!, outcome, duration);
  }

  settled(index: number): void {
    this.#leave.get(this.#jobs[index]!)?.();
  }

  open(): void {
    this.#decider.open();
  }

  close(): void {
    this.#decider.close();
  }

  #run(job: InstalledJob, source: Source): void {
    const index = this.#jobs.indexOf(job);
    const leave = this.#decider.busy.enter();
    this.#leave.set(job, leave);
    if (this.host.jobs[index]!.perSecond === undefined) return this.host.run(index, source);
    const asked = this.host.clock.now();
    this.host.askPace(index, (wait) => {
      if (wait === 0) return this.host.run(index, source);
      leave();
      job.pacedUntil = this.host.clock.now() + wait;
      this.#decider.ended(job, 'gated', this.host.clock.now() - asked);
      this.host.gated(index, 'pace-spent');
    });
  }
}
