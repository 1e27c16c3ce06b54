import type { ReportError } from '../events.js';
import type { Clock } from '../../time/clock.js';
import {
  COORDINATOR_PARTS,
  coordinatorProblems,
  uncoordinatedProblem,
  type Coordinator,
  type CoordinatorPart,
} from './coordinator.js';
import { refuse } from '../../options/errors.js';
import { partsNeeded, type CoordinationOptions } from '../job-options.js';
import { FleetSize } from './fleet-size.js';
import { Leases } from './leases.js';
import { MemoryPeriods } from './memory-periods.js';
import { Paces } from './paces.js';
import { Periods } from './periods.js';

/** The coordinators of one recruiter: all of its state that is not local to the process. */
export class Coordination {
  readonly leases: Leases;
  readonly paces: Paces;
  readonly periods: Periods;
  readonly fleetSize: FleetSize;
  #fallback: Coordinator = {};
  readonly #inUse = new Set<{ readonly coordinator: Coordinator }>();

  constructor(
    private readonly recruiter: string,
    clock: Required<Clock>,
    reportError: ReportError,
    /** Whether any job shares its work with the fleet. */
    hasSharedWork: () => boolean = () => false,
  ) {
    this.leases = new Leases(recruiter, () => this.#offered('lease'), clock, reportError);
    this.paces = new Paces(recruiter, () => this.#offered('pace'), clock, reportError);
    const inProcess = new MemoryPeriods(clock);
    this.periods = new Periods(recruiter, () => this.#offered('period'), inProcess, clock, reportError);
    this.fleetSize = new FleetSize(
      recruiter,
      () => this.#offered('fleetSize'),
      hasSharedWork,
      clock,
      reportError,
    );
  }

  /** @throws WorkStealingConfigError when it is not a coordinator, or another one already offers the same part. */
  use(coordinator: Coordinator): () => void {
    const problems = coordinatorProblems(coordinator);
    if (problems.length === 0) problems.push(...this.#conflicts(coordinator));
    refuse(`Recruiter "${this.recruiter}": useCoordinator()`, problems);
    const use = { coordinator };
    this.#inUse.add(use);
    this.paces.coordinatorChanged();
    return () => void this.#inUse.delete(use);
  }

  /** Sets the coordinator of all parts that no other coordinator offers. */
  fallBackOn(coordinator: Coordinator): void {
    this.#fallback = coordinator;
  }

  /** Problems of a job that needs parts which no coordinator offers. */
  problems(id: string, options: CoordinationOptions): string[] {
    return partsNeeded(options)
      .filter((part) => this.#offered(part) === undefined)
      .map((part) => uncoordinatedProblem(id, part));
  }

  /** @throws WorkStealingConfigError when jobs need parts which no coordinator offers. */
  refuseUncoordinated(
    jobs: Iterable<{ readonly id: string; readonly coordination: CoordinationOptions }>,
  ): void {
    const problems = [...jobs].flatMap(({ id, coordination }) => this.problems(id, coordination));
    refuse(`Recruiter "${this.recruiter}"`, problems);
  }

  #offered<Part extends CoordinatorPart>(part: Part): Coordinator[Part] {
    return this.#inUseFor(part) ?? this.#fallback[part];
  }

  #inUseFor<Part extends CoordinatorPart>(part: Part): Coordinator[Part] {
    for (const { coordinator } of this.#inUse) if (coordinator[part] !== undefined) return coordinator[part];
    return undefined;
  }

  #conflicts(coordinator: Coordinator): string[] {
    return COORDINATOR_PARTS.filter(
      (part) => coordinator[part] !== undefined && this.#inUseFor(part) !== undefined,
    ).map(
      (part) =>
        `another coordinator already offers ${part}: leave it out of one of them (of WorkStealingRedisModule by coordinate: [...]), or remove the other`,
    );
  }
}
