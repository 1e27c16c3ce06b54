import type { Clock } from '../../time/clock.js';
import {
  isUnderWay,
  type JobRef,
  type PassReport,
  type PeriodClaim,
  type PeriodCoordinator,
  type PeriodNews,
} from './coordinator.js';

/** Wait of a pass after its first failure; doubled by each further one, at most a period. */
const FIRST_RETRY_MS = 1000;

/** Dates are created once: all slices of a pass have the same `dueAt`. */
interface Pass {
  readonly dueAt: Date;
  readonly beganAt: Date;
  endedAt: Date | undefined;
  slices: number;
  done: number;
  skipped: number;
}

interface PeriodRecord {
  /** The period that applies: ms. */
  every: number;
  /** The period of the process that holds the pass: ms. */
  claimed: number;
  /** When the next pass is due, or the one under way fell due. */
  due: number;
  /** Time before which no process may run a slice. */
  until: number;
  isHeld: boolean;
  token: number;
  failures: number;
  pass: Pass | undefined;
}

/**
 * Periods in the memory of one process: for `every` with `scope: 'process'`, and for tests. The protocol is the same as in
 * `period.lua`, step by step; the clock is the recruiter's.
 */
export class MemoryPeriods implements PeriodCoordinator {
  readonly #records = new Map<string, PeriodRecord>();

  constructor(private readonly clock: Required<Clock>) {}

  async claim(job: JobRef, every: number, hold: number, force = false): Promise<PeriodClaim & PeriodNews> {
    const now = this.clock.now();
    const record = this.#recordOf(job, every, now);
    const longest = Math.max(every, record.every);
    record.due = Math.min(record.due, now + longest);
    record.until = Math.min(record.until, now + Math.max(longest, hold));
    if (record.until > now && (record.isHeld || !force)) {
      return { heldFor: record.until - now, ...newsOf(record) };
    }
    if (!isUnderWay(record.pass)) {
      if (now < record.due && !force) return { notDueFor: record.due - now, ...newsOf(record) };
      const times = { dueAt: this.#date(Math.min(record.due, now)), beganAt: this.#date(now) };
      record.pass = { ...times, endedAt: undefined, slices: 0, done: 0, skipped: 0 };
    }
    record.claimed = every;
    record.isHeld = true;
    record.until = now + hold;
    record.token++;
    const { dueAt, slices } = record.pass;
    return { token: record.token, dueAt, isFirst: slices === 0, ...newsOf(record) };
  }

  async report(
    job: JobRef,
    token: number,
    what: PassReport,
    items: number,
  ): Promise<{ readonly dueIn: number } & PeriodNews> {
    const record = this.#records.get(keyOf(job));
    if (record === undefined) return { dueIn: 0 };
    const now = this.clock.now();
    if (record.isHeld && record.token === token) {
      record.isHeld = false;
      record.until = -Infinity;
      if (what === 'failed') {
        record.until = now + Math.min(record.every, FIRST_RETRY_MS * 2 ** Math.min(30, record.failures++));
      } else if (what !== 'released') {
        record.failures = 0;
        record.pass!.slices++;
        record.pass!.done += items;
        if (what === 'done') this.#end(record, now);
      }
    }
    return { dueIn: dueIn(record, now), ...newsOf(record) };
  }

  async renew(job: JobRef, token: number, hold: number): Promise<boolean> {
    const record = this.#records.get(keyOf(job));
    if (record?.isHeld !== true || record.token !== token) return false;
    record.until = this.clock.now() + hold;
    return true;
  }

  async inspect(job: JobRef): Promise<({ readonly dueIn: number } & PeriodNews) | undefined> {
    const record = this.#records.get(keyOf(job));
    if (record === undefined) return undefined;
    return { dueIn: isUnderWay(record.pass) ? 0 : dueIn(record, this.clock.now()), ...newsOf(record) };
  }

  #recordOf(job: JobRef, every: number, now: number): PeriodRecord {
    const key = keyOf(job);
    let record = this.#records.get(key);
    if (record === undefined) {
      const nothing = { until: -Infinity, isHeld: false, token: 0, failures: 0, pass: undefined };
      record = { every, claimed: every, due: now, ...nothing };
      this.#records.set(key, record);
    }
    return record;
  }

  /** The next pass is due a whole number of periods after this one fell due: at the first such time in the future. */
  #end(record: PeriodRecord, now: number): void {
    record.every = record.claimed;
    record.pass!.endedAt = this.#date(now);
    // A pass that an operator began early does not move the next one.
    if (record.due > now) return;
    const periods = Math.floor((now - record.due) / record.every) + 1;
    record.due += periods * record.every;
    record.pass!.skipped = periods - 1;
  }

  #date(time: number): Date {
    return new Date(this.clock.timestamp() - (this.clock.now() - time));
  }
}

/** Returns a copy, so that results do not change afterwards. */
function newsOf({ every, pass }: PeriodRecord): PeriodNews {
  return { every, pass: pass && { ...pass } };
}

function dueIn({ pass, until, due }: PeriodRecord, now: number): number {
  return Math.max(0, (isUnderWay(pass) ? until : due) - now);
}

/** A unique key of a job. */
export function keyOf({ recruiter, jobId }: JobRef): string {
  return JSON.stringify([recruiter, jobId]);
}
