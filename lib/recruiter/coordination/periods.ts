import type { ReportError } from '../events.js';
import type { Clock } from '../../time/clock.js';
import { within } from '../../time/within.js';
import { WorkStealingConfigError } from '../../options/errors.js';
import { describeValue } from '../../options/describe-value.js';
import {
  isUnderWay,
  uncoordinatedProblem,
  type JobRef,
  type PassReport,
  type PassSummary,
  type PeriodClaim,
  type PeriodCoordinator,
  type PeriodNews,
} from './coordinator.js';
import { requestGrant, type Grant, type GrantAnswer, type GrantRequest, type SliceEnd } from './grant.js';
import type { JobPeriod } from './job-period.js';
import type { SlicePass } from '../job.js';
import type { Outcome } from '../outcome.js';

/** The properties of a job with `every` that claims need. */
export interface PeriodicJob {
  readonly id: string;
  readonly budget: number;
}

/**
 * Claims slices of passes for one recruiter's jobs, reports their results, and keeps the replies of the coordinator in the
 * job's {@link JobPeriod}. No slice runs without a claim: without a reply the slice fails.
 */
export class Periods {
  constructor(
    private readonly recruiter: string,
    /** Coordinates jobs with one pass a period in the fleet. */
    private readonly ofFleet: () => PeriodCoordinator | undefined,
    /** Coordinates jobs with one pass a period in this process. */
    private readonly ofProcess: PeriodCoordinator,
    private readonly clock: Required<Clock>,
    private readonly reportError: ReportError,
  ) {}

  /** @param force - whether a slice runs even if no pass is due. */
  request(job: PeriodicJob, period: JobPeriod, force: boolean): GrantRequest {
    const { id, budget } = job;
    const message = `Claiming a slice of "${id}": no answer within ${budget} ms`;
    return requestGrant(this.#claim(job, period, force), budget, message, this.clock);
  }

  /** Reads the state of a job from its coordinator; undefined if it has none, or the coordinator has no `inspect()`. */
  async inspect(id: string, { isFleetWide }: JobPeriod): Promise<PeriodState | undefined> {
    const coordinator = isFleetWide ? this.ofFleet() : this.ofProcess;
    const state = await coordinator?.inspect?.({ recruiter: this.recruiter, jobId: id });
    if (state === undefined) return undefined;
    const dueIn = checkedTime('inspect()', state, 'dueIn');
    return { dueAt: new Date(this.clock.timestamp() + dueIn), lastPass: state.pass };
  }

  async #claim({ id, budget }: PeriodicJob, period: JobPeriod, force: boolean): Promise<GrantAnswer> {
    const asked = this.clock.now();
    const job = { recruiter: this.recruiter, jobId: id };
    try {
      const coordinator = period.isFleetWide ? this.ofFleet() : this.ofProcess;
      if (coordinator === undefined) throw new WorkStealingConfigError(uncoordinatedProblem(id, 'period'));
      const claim = await coordinator.claim(job, period.ms, period.hold, force, budget);
      const refusal = this.#read(claim, id, period);
      if (refusal !== undefined) return { refusal };
      const { token, dueAt, isFirst } = claim as Extract<PeriodClaim, { token: number }>;
      const pass = { dueAt, isFirst };
      return {
        grant: new Claim(
          job,
          { period, token, pass, asked, budget },
          coordinator,
          this.clock,
          this.reportError,
        ),
      };
    } catch (error) {
      return { error };
    }
  }

  /** Returns why no slice was granted; undefined if one was. */
  #read(claim: PeriodClaim & PeriodNews, id: string, period: JobPeriod): GrantRefusal | undefined {
    const now = this.clock.now();
    if (Object(claim) !== claim) throw invalidResult('claim()', claim);
    period.note(claim);
    this.#noteOtherPeriod(claim, id, period);
    if ('notDueFor' in claim) {
      const wait = checkedTime('claim()', claim, 'notDueFor');
      period.setNotDue(now + wait);
      return { reason: 'not-due', wait };
    }
    const timestamp = this.clock.timestamp();
    if ('heldFor' in claim) {
      const wait = checkedTime('claim()', claim, 'heldFor');
      const { pass } = claim;
      period.setDue(isUnderWay(pass) ? pass.dueAt.getTime() : timestamp, timestamp);
      return { reason: 'lease-held', wait };
    }
    const { token, dueAt, isFirst } = claim;
    const isValid = Number.isFinite(token) && dueAt instanceof Date && typeof isFirst === 'boolean';
    if (!isValid || Number.isNaN(dueAt.getTime())) throw invalidResult('claim()', claim);
    period.setDue(dueAt.getTime(), timestamp);
    return undefined;
  }

  /** During a rolling deployment two periods meet. It is reported once, not at each pass. */
  #noteOtherPeriod({ every }: PeriodNews, id: string, period: JobPeriod): void {
    const other = every === period.ms ? undefined : every;
    if (other === period.otherEvery) return;
    period.otherEvery = other;
    if (other === undefined) return;
    const message = `The fleet uses a period of ${other} ms for "${id}", and this process declares ${period.ms} ms: the period of the process that ends the next pass applies from then on`;
    this.reportError(new Error(message), `the period of "${id}"`, 'warning');
  }
}

/** The state of a job with `every` in the whole fleet, read by {@link Recruiter.survey}. */
export interface PeriodState {
  /** When the next pass is due; the current time if one is due or under way. */
  readonly dueAt: Date;
  /** The pass under way, or the last one; undefined before the first. */
  readonly lastPass?: PassSummary | undefined;
}

type GrantRefusal = { readonly reason: 'not-due' | 'lease-held'; readonly wait: number };

interface ClaimedSlice {
  readonly period: JobPeriod;
  readonly token: number;
  readonly pass: SlicePass;
  /** When it was requested: ms by the recruiter's clock. The claim cannot begin earlier at the coordinator. */
  readonly asked: number;
  /** Maximum wait for a reply: ms. */
  readonly budget: number;
}

/** A claimed slice: it is renewed at each third of the hold until it is released. */
class Claim implements Grant {
  expiresAt: number;
  #cancel: () => void = () => undefined;
  #isReleased = false;

  constructor(
    private readonly job: JobRef,
    private readonly slice: ClaimedSlice,
    private readonly coordinator: PeriodCoordinator,
    private readonly clock: Required<Clock>,
    private readonly reportError: ReportError,
  ) {
    this.expiresAt = slice.asked + slice.period.hold;
    this.#renewLater();
  }

  get fencingToken(): number {
    return this.slice.token;
  }

  get pass(): SlicePass {
    return this.slice.pass;
  }

  async release(end: SliceEnd): Promise<void> {
    this.#isReleased = true;
    this.#cancel();
    const { budget, token } = this.slice;
    try {
      const asking = this.coordinator.report(this.job, token, reportOf(end), end.done ?? 0, budget);
      const message = `no answer within ${budget} ms`;
      const reply = await within(asking, budget, { clock: this.clock, keepAlive: true, message });
      this.#learn(end.outcome, reply);
    } catch (error) {
      this.reportError(error, `reporting a slice of "${this.job.jobId}"`);
    }
  }

  #learn(outcome: Outcome, reply: { readonly dueIn: number } & PeriodNews): void {
    const dueIn = checkedTime('report()', reply, 'dueIn');
    const { period } = this.slice;
    period.note(reply);
    const at = this.clock.now() + dueIn;
    if (outcome === 'failed' || outcome === 'aborted') period.retryAt = at;
    else if (dueIn > 0) period.setNotDue(at);
  }

  #renewLater(): void {
    this.#cancel = this.clock.after(this.slice.period.hold / 3, () => void this.#renew());
  }

  async #renew(): Promise<void> {
    const { token, period, budget } = this.slice;
    const asked = this.clock.now();
    try {
      const isOurs: unknown = await this.coordinator.renew(this.job, token, period.hold, budget);
      if (isOurs === true) this.expiresAt = asked + period.hold;
    } catch (error) {
      this.reportError(error, `renewing the claim of "${this.job.jobId}"`);
    }
    if (!this.#isReleased) this.#renewLater();
  }
}

function reportOf({ outcome, reason }: SliceEnd): PassReport {
  if (outcome === 'full') return 'more';
  if (outcome === 'partial' || outcome === 'idle') return 'done';
  return outcome === 'gated' || reason === 'closing' ? 'released' : 'failed';
}

function checkedTime<K extends string>(
  method: string,
  value: { readonly [Key in K]: number },
  key: K,
): number {
  const time: unknown = (value as Partial<Record<K, unknown>> | undefined)?.[key];
  if (typeof time === 'number' && time >= 0 && time < Infinity) return time;
  throw invalidResult(method, value);
}

function invalidResult(method: string, value: unknown): TypeError {
  return new TypeError(
    `${method} of the period coordinator returned ${describeValue(value)}; expected the result that PeriodCoordinator defines`,
  );
}
