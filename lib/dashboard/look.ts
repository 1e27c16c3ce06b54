import type { AuditEntry, Fleet, FleetJob, FleetProcess } from '../fleet/fleet.js';
import { OUTCOMES } from '../recruiter/outcome.js';
import type { Sample, SampledJob, Sent, SentJob, Totals, Update } from './wire.js';

/** More would fill no screen. */
const PROCESSES_SHOWN = 100;
const AUDIT_SHOWN = 50;
/** Of a stack, or of a message: what is longer is cut. */
const LONGEST_TEXT = 8000;

/** The fleet as it was at one moment. */
export interface Look {
  /** ms since the epoch. */
  readonly at: number;
  readonly scope: Fleet['scope'];
  readonly jobs: ReadonlyMap<number, SentJob>;
  readonly processes: readonly Sent<FleetProcess>[];
  readonly totals: Totals;
  readonly audit: readonly Sent<AuditEntry>[];
  readonly problem: string | null;
}

/** Gives each job a number, the same for as long as it is there: ids may be long, and are anybody's text. */
export class JobNumbers {
  #numbers = new Map<string, number>();
  #next = 0;

  /** Those of all jobs; of others, whose ids may have been made up at run time, nothing is kept. */
  of(jobs: readonly Pick<FleetJob, 'recruiter' | 'id'>[]): number[] {
    const before = this.#numbers;
    this.#numbers = new Map();
    return jobs.map(({ recruiter, id }) => {
      const key = JSON.stringify([recruiter, id]);
      const number = before.get(key) ?? this.#next++;
      this.#numbers.set(key, number);
      return number;
    });
  }

  /** When nobody is left who knows them. */
  clear(): void {
    this.#numbers.clear();
    this.#next = 0;
  }
}

/** Looks at the whole fleet, once for all who watch. */
export async function lookAt(fleet: Fleet, numbers: JobNumbers, at: number): Promise<Look> {
  const [jobs, processes, audit] = await Promise.all([
    fleet.jobs(),
    fleet.processes(),
    fleet.audit(AUDIT_SHOWN),
  ]);
  const refs = numbers.of(jobs);
  return {
    at,
    scope: fleet.scope,
    jobs: new Map(jobs.map((job, index) => [refs[index]!, { ...sent(shortened(job)), ref: refs[index]! }])),
    processes: sent(processes.slice(0, PROCESSES_SHOWN)),
    totals: totalsOf(processes),
    audit: sent(audit),
    problem: null,
  };
}

/** What a page that has seen the one look needs to know of the next. */
export function updateOf(before: Look, now: Look, sample: Sample | null): Update {
  const jobs = [...now.jobs.values()].filter((job) => !isSame(before.jobs.get(job.ref), job));
  const { at, scope, processes, totals, problem } = now;
  const order = isSame([...before.jobs.keys()], [...now.jobs.keys()]) ? null : [...now.jobs.keys()];
  const audit = isSame(before.audit, now.audit) ? null : now.audit;
  return { at, scope, jobs, order, processes, totals, audit, sample, problem };
}

/**
 * What was drawn between two looks. Where a process has ended its counts are gone from the sum: that is no work undone.
 * Where one has come, or come back after it was silent, all that it ever did is new in the sum: that is no work of now,
 * so there is no telling what the job did meanwhile.
 */
export function sampleOf(before: Look, now: Look): Sample {
  const jobs: SampledJob[] = [];
  for (const { ref, counts, processes } of now.jobs.values()) {
    const earlier = before.jobs.get(ref);
    if (earlier === undefined || processes > earlier.processes) continue;
    const grown = OUTCOMES.map((outcome) => Math.max(0, counts[outcome] - earlier.counts[outcome]));
    if (grown.some((count) => count > 0)) jobs.push([ref, ...grown]);
  }
  return { at: now.at, seconds: (now.at - before.at) / 1000, jobs };
}

function totalsOf(processes: readonly FleetProcess[]): Totals {
  const sum = (figure: 'enlistmentsPerSecond' | 'inFlight') =>
    processes.reduce((total, process) => total + process[figure], 0);
  return {
    processes: processes.length,
    enlistmentsPerSecond: sum('enlistmentsPerSecond'),
    inFlight: sum('inFlight'),
  };
}

/** As it will be read at the other end. */
function sent<T>(value: T): Sent<T> {
  return JSON.parse(JSON.stringify(value)) as Sent<T>;
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function shortened(job: FleetJob): FleetJob {
  const { lastError } = job;
  if (lastError === undefined) return job;
  const { message, stack, ...rest } = lastError;
  const cut = { ...rest, message: message.slice(0, LONGEST_TEXT) };
  return { ...job, lastError: stack === undefined ? cut : { ...cut, stack: stack.slice(0, LONGEST_TEXT) } };
}
