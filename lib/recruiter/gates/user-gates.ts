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

/** How often a user's gate is checked, and which jobs it holds back. */
export interface UserGateOptions {
  /** Time between two checks while a job that the gate concerns waits for it, has work or is due: ms, above 0. */
  checkEvery: number;
  /** Ids of the jobs that the gate concerns. Default: all jobs of the recruiter. */
  jobs?: readonly string[] | undefined;
}

/** Consecutive failures after which a gate is shut, whatever its last result. */
const MAX_FAILURES = 3;

const ASCII_NAME = /^[\w.-]{1,64}$/;

const GATE = {
  name: required(
    text(
      'a string of 1 to 64 letters, digits, and _ . - that is not a built-in reason',
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

/** What the gates of one recruiter depend on. */
export interface UserGateDependencies {
  readonly clock: Required<Clock>;
  readonly jobs: () => Iterable<InstalledJob>;
  /** Whether the job has work or is due, so that the recruiter would run it. */
  readonly isWanted: (job: InstalledJob) => boolean;
  /** Called after a gate for which jobs were waiting has opened. */
  readonly opened: () => void;
  readonly reportError: ReportError;
}

/** The gates that users add: they hold slices back while a system that the jobs load is unhealthy. */
export class UserGates {
  readonly #gates = new Map<string, UserGate>();

  constructor(
    private readonly recruiter: string,
    private readonly dependencies: UserGateDependencies,
  ) {}

  /** @throws WorkStealingConfigError that lists all problems. */
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

  /** The reason of the first gate that holds the job back. A gate whose result is too old holds it back, and is checked. */
  reasonAgainst(job: InstalledJob): GateReason | undefined {
    for (const gate of this.#gates.values()) if (gate.holdsBack(job)) return gate.reason;
    return undefined;
  }

  /**
   * Reports gates that name jobs which are not installed. They are not refused, since a lazy module may install them later.
   *
   * @param of - name of the gate to check. Default: all gates.
   */
  reportUnknownJobs(of?: string): void {
    const known = new Set([...this.dependencies.jobs()].map(({ id }) => id));
    for (const [name, { ids, reason }] of this.#gates) {
      const unknown = [...ids].filter((id) => !known.has(id));
      if (unknown.length === 0 || (of !== undefined && of !== name)) continue;
      const message =
        `gate ${describeValue(name)} names jobs that are not installed: ${unknown.map((id) => describeValue(id)).join(', ')}. ` +
        'It applies to them if they are installed later; otherwise check the spelling of the ids.';
      this.dependencies.reportError(new Error(message), reason, 'warning');
    }
  }

  stop(): void {
    for (const gate of this.#gates.values()) gate.stop();
  }
}

/**
 * One gate that a user has added. It is checked in the background, never by a draw, every `checkEvery` ms while a job that it
 * concerns waits for it, has work or is due, and not at all otherwise. A result is valid for twice `checkEvery`: after that,
 * and before the first, the gate is shut and checked at once.
 */
class UserGate {
  readonly reason: GateReason;
  readonly ids: ReadonlySet<string>;
  readonly #checkEvery: number;
  #isShut: boolean | undefined;
  #checkedAt = -Infinity;
  #failures = 0;
  #isAsking = false;
  #isStopped = false;
  #cancel: (() => void) | undefined;

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
    const isFresh = this.dependencies.clock.now() - this.#checkedAt <= 2 * this.#checkEvery;
    if (!isFresh) this.#askSoon();
    return !isFresh || this.#isShut !== false;
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  remove(): void {
    this.stop();
    this.#letPass();
  }

  #concerns({ id }: InstalledJob): boolean {
    return this.ids.size === 0 || this.ids.has(id);
  }

  #checkLater(): void {
    if (this.#cancel !== undefined || this.#isStopped) return;
    this.#cancel = this.dependencies.clock.after(this.#checkEvery, () => {
      this.#cancel = undefined;
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

  /** Not during the draw: that is on the path of a request. */
  #askSoon(): void {
    if (!this.#isAsking) outsideContext(() => setImmediate(() => void this.#ask()));
  }

  /** Never rejects. One check at a time; a check that hangs counts as failed. */
  async #ask(): Promise<void> {
    if (this.#isAsking || this.#isStopped) return;
    this.#isAsking = true;
    const { clock } = this.dependencies;
    try {
      const limit = 2 * this.#checkEvery;
      const message = `no result within ${limit} ms`;
      const result: unknown = await within(this.#callCheck(), limit, { clock, message });
      if (typeof result !== 'boolean') {
        throw new TypeError(`it returned ${describeValue(result)}; expected true or false`);
      }
      this.#failures = 0;
      this.#set(result);
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#isAsking = false;
    }
  }

  async #callCheck(): Promise<boolean> {
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
    this.#checkedAt = this.dependencies.clock.now();
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
