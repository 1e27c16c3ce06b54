import type { ReportError } from '../events.js';
import type { Clock } from '../../time/clock.js';
import { within } from '../../time/within.js';
import { describeValue } from '../../options/describe-value.js';
import { refuse } from '../../options/errors.js';
import { callback, duration, option, required, text } from '../../options/option.js';
import { problemsOf, type OptionTable } from '../../options/option-table.js';
import type { InstalledJob } from '../installed-job.js';
import { BUILT_IN_REASONS, type GateReason } from '../outcome.js';
import { outsideContext } from '../slice/outside-context.js';

/** How a gate of the user's is asked, and which jobs it holds back. */
export interface UserGateOptions {
  /** How often it is asked while a job that it concerns has work or is due: ms, above 0. */
  checkEvery: number;
  /** Ids of the jobs that it concerns. Default: all jobs of the recruiter. */
  jobs?: readonly string[] | undefined;
}

/** Failures in a row after which a gate is shut, whatever it said last. */
const MAX_FAILURES = 3;

const ASCII_NAME = /^[\w.-]{1,64}$/;

const GATE = {
  name: required(
    text(
      'a string of 1 to 64 letters, digits, and _ . - that is no reason of the recruiter itself',
      (name) => ASCII_NAME.test(name) && !(BUILT_IN_REASONS as readonly string[]).includes(name),
    ),
  ),
  isShut: required(callback('a function that returns true while the jobs must not run')),
};

const GATE_OPTIONS = {
  checkEvery: required(duration()),
  jobs: option(
    'an array of job ids',
    (ids) => Array.isArray(ids) && ids.every((id) => typeof id === 'string'),
  ),
} satisfies OptionTable<UserGateOptions>;

/** What the gates of one recruiter see and act by. */
export interface UserGateDependencies {
  readonly clock: Required<Clock>;
  readonly jobs: () => Iterable<InstalledJob>;
  /** Whether the recruiter would run the job if it could. */
  readonly isWanted: (job: InstalledJob) => boolean;
  /** Called when a gate has opened that jobs were waiting for. */
  readonly opened: () => void;
  readonly reportError: ReportError;
}

/** The gates that users add: the health of what their jobs load, such as the lag of a replica. */
export class UserGates {
  readonly #gates = new Map<string, UserGate>();

  constructor(
    private readonly recruiter: string,
    private readonly dependencies: UserGateDependencies,
  ) {}

  /** @throws WorkStealingConfigError that lists everything that is wrong. */
  add(name: string, isShut: () => boolean | Promise<boolean>, options: UserGateOptions): () => void {
    const problems = [...problemsOf(GATE, { name, isShut }), ...problemsOf(GATE_OPTIONS, options)];
    if (this.#gates.has(name))
      problems.push(`a gate ${describeValue(name)} is in use already; names are unique`);
    refuse(`Recruiter "${this.recruiter}": useGate()`, problems);
    const gate = new UserGate(name, isShut, options, this.dependencies);
    this.#gates.set(name, gate);
    return () => {
      if (this.#gates.get(name) === gate) this.#gates.delete(name);
      gate.remove();
    };
  }

  /** The reason of the first gate that holds the job back. A gate whose answer is too old does, and is asked. */
  reasonAgainst(job: InstalledJob): GateReason | undefined {
    for (const gate of this.#gates.values()) if (gate.holdsBack(job)) return gate.reason;
    return undefined;
  }

  /** Reports jobs that are named and not installed: no error, since modules that are loaded later may install them. */
  reportUnknownJobs(of?: string): void {
    const known = new Set([...this.dependencies.jobs()].map(({ id }) => id));
    for (const [name, { ids, reason }] of this.#gates) {
      const unknown = [...ids].filter((id) => !known.has(id));
      if (unknown.length === 0 || (of !== undefined && of !== name)) continue;
      const message =
        `gate ${describeValue(name)} names jobs that are not installed: ${unknown.map((id) => describeValue(id)).join(', ')}. ` +
        'It concerns them if they are installed later; otherwise look for a misspelt id.';
      this.dependencies.reportError(new Error(message), reason, 'warning');
    }
  }

  stop(): void {
    for (const gate of this.#gates.values()) gate.stop();
  }
}

/**
 * One gate of the user's. It is asked in the background, never by a draw, every `checkEvery` ms while a job that it concerns
 * waits for it, has work or is due, and not at all otherwise. An answer counts for two `checkEvery`: after that, and before
 * the first, the gate is shut and asked at once.
 */
class UserGate {
  readonly reason: GateReason;
  readonly ids: ReadonlySet<string>;
  readonly #checkEvery: number;
  #isShut: boolean | undefined;
  #answeredAt = -Infinity;
  #failures = 0;
  #isAsking = false;
  #isStopped = false;
  #callOff: (() => void) | undefined;

  constructor(
    name: string,
    private readonly check: () => boolean | Promise<boolean>,
    { checkEvery, jobs = [] }: UserGateOptions,
    private readonly dependencies: UserGateDependencies,
  ) {
    this.reason = `gate:${name}`;
    this.ids = new Set(jobs);
    this.#checkEvery = checkEvery;
  }

  holdsBack(job: InstalledJob): boolean {
    if (!this.#concerns(job)) return false;
    this.#checkLater();
    const isFresh = this.dependencies.clock.now() - this.#answeredAt <= 2 * this.#checkEvery;
    if (!isFresh) this.#askSoon();
    return !isFresh || this.#isShut !== false;
  }

  stop(): void {
    this.#isStopped = true;
    this.#callOff?.();
    this.#callOff = undefined;
  }

  remove(): void {
    this.stop();
    this.#letPass();
  }

  #concerns({ id }: InstalledJob): boolean {
    return this.ids.size === 0 || this.ids.has(id);
  }

  #checkLater(): void {
    if (this.#callOff !== undefined || this.#isStopped) return;
    this.#callOff = this.dependencies.clock.after(this.#checkEvery, () => {
      this.#callOff = undefined;
      if (!this.#isWanted()) return;
      this.#checkLater();
      void this.#ask();
    });
  }

  #isWanted(): boolean {
    for (const job of this.dependencies.jobs()) {
      if (this.#concerns(job) && (job.waitsFor === this.reason || this.dependencies.isWanted(job)))
        return true;
    }
    return false;
  }

  /** Not within the draw: that is on the path of a request. */
  #askSoon(): void {
    if (!this.#isAsking) outsideContext(() => setImmediate(() => void this.#ask()));
  }

  /** Never rejects. One question at a time; one that hangs counts as failed. */
  async #ask(): Promise<void> {
    if (this.#isAsking || this.#isStopped) return;
    this.#isAsking = true;
    const { clock } = this.dependencies;
    try {
      const limit = 2 * this.#checkEvery;
      const message = `no answer within ${limit} ms`;
      const answer: unknown = await within(this.#answer(), limit, { clock, message });
      if (typeof answer !== 'boolean') {
        throw new TypeError(`it returned ${describeValue(answer)}; expected true or false`);
      }
      this.#failures = 0;
      this.#set(answer);
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#isAsking = false;
    }
  }

  async #answer(): Promise<boolean> {
    return this.check();
  }

  #failed(error: unknown): void {
    this.#failures++;
    if (this.#failures === 1) this.dependencies.reportError(error, `checking ${this.reason}`);
    if (this.#failures >= MAX_FAILURES) this.#set(true);
    else if (this.#isShut !== undefined) this.#set(this.#isShut);
  }

  #set(isShut: boolean): void {
    this.#isShut = isShut;
    this.#answeredAt = this.dependencies.clock.now();
    if (!isShut && !this.#isStopped) this.#letPass();
  }

  #letPass(): void {
    let hasWaited = false;
    for (const job of this.dependencies.jobs()) {
      if (job.waitsFor !== this.reason) continue;
      job.waitsFor = undefined;
      hasWaited = true;
    }
    if (hasWaited) this.dependencies.opened();
  }
}
