import { isPromise } from 'node:util/types';
import type { Duty } from '../recruiter/job.js';
import { Recruiter } from '../recruiter/recruiter.js';

/** The part of a recruiter that the decorators and the interceptor use. */
export interface InjectedRecruiter {
  enlistDetached(): void;
  enlist(): Promise<unknown>;
  reportError(error: unknown, where: string): void;
}

const guards = new WeakMap<object, InjectedRecruiter>();

/**
 * Returns the recruiter to enlist with for an injected value, which may be a test double: an auto-mocker replaces every
 * dependency, even those that the class under test does not declare, and a test may override the `Recruiter`.
 *
 * A double is called if it has the method, and neither its result nor its errors reach the caller. Each object has one
 * guard.
 */
export function injectedRecruiter(injected: unknown): InjectedRecruiter | undefined {
  const recruiter = Recruiter.from(injected);
  if (recruiter !== undefined) return recruiter;
  if ((typeof injected !== 'object' || injected === null) && typeof injected !== 'function') return undefined;
  let guard = guards.get(injected);
  if (guard === undefined) guards.set(injected, (guard = new GuardedDouble(injected)));
  return guard;
}

/** Guards the caller against a test double. */
class GuardedDouble implements InjectedRecruiter {
  constructor(private readonly double: Partial<Pick<Recruiter, 'enlist' | 'enlistDetached'>>) {}

  enlistDetached(): void {
    const returned = attempt(() => this.double.enlistDetached?.());
    if (isPromise(returned)) returned.catch(() => undefined);
  }

  async enlist(): Promise<void> {
    const returned: Promise<Duty> | undefined = attempt(() => this.double.enlist?.());
    // Only a native promise is awaited: the `then` of a deep mock may never call back.
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
