import { SteadyClock, type Clock } from '../../../lib/recruiter/clock.js';
import { Decider } from '../../../lib/recruiter/decider.js';
import { Duty, type Job } from '../../../lib/recruiter/job.js';
import { resolveOptions, type RecruiterOptions } from '../../../lib/recruiter/options.js';
import type { Outcome } from '../../../lib/recruiter/outcome.js';
import { LONGEST_WAIT } from '../../../lib/recruiter/quiet-turn.js';
import type { RateControl } from '../../../lib/recruiter/rate-control.js';
import { Roster, type InstalledJob } from '../../../lib/recruiter/roster.js';
import { EventLoopProbe, type UtilizationProbe } from '../../../lib/recruiter/utilization.js';
import type { Host, Policy } from './policy.js';

/** What of the library's algorithm is left out. */
export interface Omission {
  readonly drain?: boolean;
  readonly floor?: boolean;
  readonly backOff?: boolean;
  readonly quietTurn?: boolean;
}

/** Never run: the simulator's slices are done by its processes. */
const JOB: Job = { recruited: () => Duty.DISMISSED };

/** The declared rate always, but it still knows when more is waiting, so that the drain runs. */
class FixedButDrained implements RateControl {
  readonly factor = 1;
  readonly fruitless = 0;
  more = false;

  pace(): number {
    return 1;
  }

  admits(): boolean {
    return true;
  }

  learn(outcome: Outcome): void {
    this.more = outcome === 'full';
  }
}

/** What of the library's algorithm is another: for one process. */
export interface Parts {
  readonly newControl?: () => RateControl;
  readonly probeOf?: (probe: UtilizationProbe, clock: Clock) => UtilizationProbe;
}

function controlWithout({ backOff }: Omission): (() => RateControl) | undefined {
  return backOff === true ? () => new FixedButDrained() : undefined;
}

/** The library's own classes, in a simulated process. */
export class Recruiting implements Policy {
  readonly #jobs: InstalledJob[];
  readonly #decider: Decider;
  readonly #leave = new Map<InstalledJob, () => void>();

  constructor(
    private readonly host: Host,
    options: RecruiterOptions,
    private readonly omit: Omission = {},
    parts: Parts = {},
  ) {
    const resolved = resolveOptions(options);
    const clock = new SteadyClock(host.clock);
    const roster = new Roster('simulated', resolved, parts.newControl ?? controlWithout(omit));
    const probe = new EventLoopProbe(clock, host.loopTime);
    this.#decider = new Decider(roster, resolved, {
      clock,
      random: host.random,
      probe: parts.probeOf?.(probe, clock) ?? probe,
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
    return this.#decider.isLoaded && this.omit.quietTurn !== true ? LONGEST_WAIT : 0;
  }

  draw(): void {
    const job = this.#decider.draw();
    if (job !== undefined) this.#run(job, 'enlistment');
  }

  ended(index: number, outcome: Outcome, duration: number): void {
    const job = this.#jobs[index]!;
    this.#leave.get(job)?.();
    this.#decider.ended(job, outcome, duration);
    if (this.omit.drain === true) this.#decider.drain?.stop();
  }

  open(): void {
    this.#decider.open();
    if (this.omit.floor === true) this.#decider.floor?.stop();
  }

  close(): void {
    this.#decider.close();
  }

  #run(job: InstalledJob, source: 'enlistment' | 'timer'): void {
    this.#leave.set(job, this.#decider.busy.enter());
    this.host.run(this.#jobs.indexOf(job), source);
  }
}
