import type { AuditEntry, Fleet, FleetJob, FleetProcess } from '../fleet/fleet.js';
import { OUTCOMES } from '../recruiter/outcome.js';
import type { Sample, SampledJob, Sent, SentJob, Totals, Update } from './wire.js';

/** More would not fit on a screen. */
const MAX_PROCESSES = 100;
const MAX_AUDIT_ENTRIES = 50;
/** Maximum length of an error's message and of its stack: characters. */
const MAX_ERROR_LENGTH = 8000;
/** Time that the plots show. */
const HISTORY_MS = 300_000;
/** Maximum of jobs in all samples together, which bounds memory when thousands of jobs work all the time. */
const MAX_SAMPLED_JOBS = 100_000;

/** The state of the fleet at one moment. */
export interface FleetSnapshot {
  /** ms since the epoch. */
  readonly at: number;
  readonly scope: Fleet['scope'];
  readonly jobs: ReadonlyMap<number, SentJob>;
  readonly processes: readonly Sent<FleetProcess>[];
  readonly totals: Totals;
  readonly audit: readonly Sent<AuditEntry>[];
  readonly problem: string | null;
}

/** Numbers jobs for messages, since IDs may be long. A job keeps its number for as long as it exists. */
export class JobNumbers {
  #numbers = new Map<string, number>();
  #next = 0;

  /** Returns the numbers of all jobs, and forgets those of others: job IDs may be created at run time. */
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

  /** Forgets all numbers. Call it only when no page is left that knows them. */
  clear(): void {
    this.#numbers.clear();
    this.#next = 0;
  }
}

/** The samples of the last five minutes. */
export class SampleHistory {
  #samples: Sample[] = [];
  #sampledJobs = 0;

  /** Samples, oldest first. */
  get samples(): readonly Sample[] {
    return this.#samples;
  }

  add(sample: Sample): void {
    this.#samples.push(sample);
    this.#sampledJobs += sample.jobs.length;
    while (this.#isTooMuch(sample.at)) this.#sampledJobs -= this.#samples.shift()!.jobs.length;
  }

  clear(): void {
    this.#samples = [];
    this.#sampledJobs = 0;
  }

  #isTooMuch(now: number): boolean {
    const [first] = this.#samples;
    return first !== undefined && (now - first.at > HISTORY_MS || this.#sampledJobs > MAX_SAMPLED_JOBS);
  }
}

/** Reads a snapshot of the whole fleet. */
export async function readFleet(fleet: Fleet, numbers: JobNumbers, at: number): Promise<FleetSnapshot> {
  const [jobs, processes, audit] = await Promise.all([
    fleet.jobs(),
    fleet.processes(),
    fleet.audit(MAX_AUDIT_ENTRIES),
  ]);
  const refs = numbers.of(jobs);
  return {
    at,
    scope: fleet.scope,
    jobs: new Map(jobs.map((job, index) => [refs[index]!, { ...toSent(shortened(job)), ref: refs[index]! }])),
    processes: toSent(processes.slice(0, MAX_PROCESSES)),
    totals: totalsOf(processes),
    audit: toSent(audit),
    problem: null,
  };
}

/** Returns the changes from one snapshot to the next. */
export function updateOf(before: FleetSnapshot, now: FleetSnapshot, sample: Sample | null): Update {
  const jobs = [...now.jobs.values()].filter((job) => !isSame(before.jobs.get(job.ref), job));
  const { at, scope, processes, totals, problem } = now;
  const order = isSame([...before.jobs.keys()], [...now.jobs.keys()]) ? null : [...now.jobs.keys()];
  const audit = isSame(before.audit, now.audit) ? null : now.audit;
  return { at, scope, jobs, order, processes, totals, audit, sample, problem };
}

/**
 * Returns what was counted between two snapshots. Counts shrink when a process ends, which is not negative work. When a
 * process joins, or publishes again after a silence, its whole past is added to the sums, so its jobs are left out.
 */
export function sampleOf(before: FleetSnapshot, now: FleetSnapshot): Sample {
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

/** Converts a value to the form in which the page receives it. */
function toSent<T>(value: T): Sent<T> {
  return JSON.parse(JSON.stringify(value)) as Sent<T>;
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function shortened(job: FleetJob): FleetJob {
  const { lastError } = job;
  if (lastError === undefined) return job;
  const { message, stack, ...rest } = lastError;
  const cut = { ...rest, message: message.slice(0, MAX_ERROR_LENGTH) };
  return {
    ...job,
    lastError: stack === undefined ? cut : { ...cut, stack: stack.slice(0, MAX_ERROR_LENGTH) },
  };
}
