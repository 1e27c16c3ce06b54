import { HiddenSlots } from './hidden-slots.js';
import { getRecruiterToken } from './inject-recruiter.js';
import { injectedRecruiter, type InjectedRecruiter } from './injected-recruiter.js';

/** An instance with recruiters in slots. */
export interface RecruiterHolder {
  readonly [slot: symbol]: InjectedRecruiter | undefined;
}

/** Slots of recruiters in instances, by name. */
export const RECRUITER_SLOTS = new HiddenSlots<string>('recruiter', getRecruiterToken, injectedRecruiter);

/**
 * Fills the slots of an instance that Nest did not construct (`useValue`, `useFactory`). An instance without enlisting
 * methods is left as it is.
 *
 * @param resolve - returns the provider of a recruiter by its name; undefined if there is none.
 */
export function attachRecruiter(instance: object, resolve: (name: string) => unknown): void {
  for (const name of RECRUITER_SLOTS.keysOf(instance)) {
    const recruiter = injectedRecruiter(resolve(name));
    if (recruiter !== undefined) RECRUITER_SLOTS.fill(instance, name, recruiter);
  }
}
