import { isPromise } from 'node:util/types';
import type { Duty } from '../recruiter/job.js';
import { Recruiter } from '../recruiter/recruiter.js';

/** What the decorators and the interceptor ask of the recruiter that they were given. */
export interface InjectedRecruiter {
  enlistDetached(): void;
  enlist(): Promise<unknown>;
  reportError(error: unknown, where: string): void;
}

const guards = new WeakMap<object, InjectedRecruiter>();

/**
 * The recruiter to enlist with, of whatever was injected as one: a test's auto-mocker makes a double of every
 * dependency, also of those that the class under test never mentions, and a test may override the `Recruiter`.
 *
 * A double is asked to enlist if it can, and whatever it does changes nothing for the caller. One object has one guard.
 */
export function injectedRecruiter(injected: unknown): InjectedRecruiter | undefined {
  const recruiter = Recruiter.from(injected);
  if (recruiter !== undefined) return recruiter;
  if ((typeof injected !== 'object' || injected === null) && typeof injected !== 'function') return undefined;
  let guard = guards.get(injected);
  if (guard === undefined) guards.set(injected, (guard = new GuardedDouble(injected)));
  return guard;
}

/** Stands before an object that only takes a recruiter's place. */
class GuardedDouble implements InjectedRecruiter {
  constructor(private readonly double: Partial<Pick<Recruiter, 'enlist' | 'enlistDetached'>>) {}

  enlistDetached(): void {
    const returned = attempt(() => this.double.enlistDetached?.());
    if (isPromise(returned)) returned.catch(() => undefined);
  }

  async enlist(): Promise<void> {
    const returned: Promise<Duty> | undefined = attempt(() => this.double.enlist?.());
    // Nothing but a promise is waited for: the `then` of a deep mock may never call back.
    if (isPromise(returned)) await returned.catch(() => undefined);
  }

  reportError(): void {}
}

function attempt<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch {
    return undefined;
  }
}
