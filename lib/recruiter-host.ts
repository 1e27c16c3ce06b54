import { logErrors } from './logging/error-log.js';
import { omitUndefined, problemsOf } from './options/option-table.js';
import { DEFAULT_RECRUITER } from './recruiter/default-recruiter.js';
import { RECRUITER_OPTIONS, resolveOptions } from './recruiter/options.js';
import { Recruiter } from './recruiter/recruiter.js';
import type { WorkStealingOptions } from './work-stealing.options.js';

/** Injection token of the host of a recruiter. */
export function hostToken(name: string): string {
  return `WorkStealingRecruiterHost:${name}`;
}

/**
 * Creates one recruiter of an application. Problems of its options are kept, not thrown, so that the bootstrap can report
 * them together with all other problems.
 */
export class RecruiterHost {
  readonly recruiter: Recruiter;
  readonly problems: readonly string[];
  /** The options of the recruiter: its own, and the inherited ones that it does not set. */
  readonly options: WorkStealingOptions;

  constructor(
    readonly name: string,
    own: WorkStealingOptions,
    inherited: WorkStealingOptions = {},
  ) {
    this.problems = problemsOf(RECRUITER_OPTIONS, own);
    const merged = this.problems.length === 0 ? { ...inherited, ...omitUndefined(own) } : {};
    this.options = problemsOf(RECRUITER_OPTIONS, merged).length === 0 ? merged : {};
    this.recruiter = new Recruiter(name, this.options);
    logErrors(this.recruiter, resolveOptions(this.options).stuckAfter);
  }

  /** Whether it is the recruiter of `forRoot`. */
  get isDefault(): boolean {
    return this.name === DEFAULT_RECRUITER;
  }
}
