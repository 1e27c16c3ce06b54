import { WorkStealingConfigError } from '../recruiter/errors.js';
import { injectRecruiterSlot } from './attach-recruiter.js';
import { enlistOptionProblems, enlistTerms, type EnlistOptions } from './enlist-options.js';
import { enlistingMethod, markEnlisting } from './enlist-wrapper.js';
import { methodTarget } from './method-target.js';

export type { EnlistOptions } from './enlist-options.js';

/**
 * On any method of a provider or controller: offers this worker after the method has succeeded. Put it where work was
 * saved: a cache hit, an empty queue, no rows.
 *
 * It never changes what the method returns, throws or exposes, and may stand above or below other decorators. A
 * promise is continued after it has resolved, an Observable after it has completed, an iterator after it is done, all
 * as lazily as before; Subjects and thenables other than native promises are left alone and do not enlist. On an
 * instance without a recruiter (plain `new`, a unit test, a context without the module) it is a plain method.
 *
 * @throws WorkStealingConfigError for options that are wrong, and when put on anything but an instance's method.
 */
export function Enlist(options: EnlistOptions = {}): MethodDecorator {
  return (target: object, key: string | symbol, descriptor: PropertyDescriptor) => {
    const { method, where } = methodTarget('Enlist', target, key, descriptor);
    const problems = enlistOptionProblems(options);
    if (problems.length > 0) {
      throw new WorkStealingConfigError(`@Enlist() on ${where}: ${problems.join('; ')}`, problems);
    }
    const slot = injectRecruiterSlot(target, options.recruiter);
    markEnlisting(target, key);
    descriptor.value = enlistingMethod(method, key, slot, enlistTerms(options, where));
  };
}
