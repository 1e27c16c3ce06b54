import type { Clock } from './clock.js';
import { refuse } from './errors.js';
import type { JobOptions } from './job-options.js';
import { unkeptLeaseProblem } from './lease.js';
import { Leases } from './leases.js';
import { unkeptPaceProblem } from './pace.js';
import { Paces } from './paces.js';

/** What a job wants of the rest of the fleet. */
export type FleetWishes = Pick<JobOptions, 'lease' | 'pace'>;

/** Those whom a recruiter asks about the rest of the fleet: all that is not local to the process. */
export class Keepers {
  readonly leases: Leases;
  readonly paces: Paces;

  constructor(
    private readonly recruiter: string,
    clock: Required<Clock>,
    complain: (error: unknown, where: string) => void,
  ) {
    this.leases = new Leases(clock, complain);
    this.paces = new Paces(clock, complain);
  }

  /** What is wrong with a job that wants what nobody keeps. */
  unkeptProblems(id: string, { lease, pace }: FleetWishes): string[] {
    return [
      ...(lease === undefined || this.leases.areKept ? [] : [unkeptLeaseProblem(id)]),
      ...(pace === undefined || this.paces.areKept ? [] : [unkeptPaceProblem(id)]),
    ];
  }

  /** @throws WorkStealingConfigError when jobs want what nobody keeps. */
  refuseUnkept(jobs: Iterable<{ readonly id: string; readonly wishes: FleetWishes }>): void {
    const problems = [...jobs].flatMap(({ id, wishes }) => this.unkeptProblems(id, wishes));
    refuse(`Recruiter "${this.recruiter}"`, problems);
  }
}
