import 'reflect-metadata';
import { WorkStealingConfigError } from '../recruiter/errors.js';
import type { JobOptions } from '../recruiter/job-options.js';

/** How a job that is found by its decorator takes part. */
export interface StealableJobOptions extends JobOptions {
  /** The job's name in its recruiter: 1 to 512 characters. Default: `ClassName`, or `ClassName.method`. */
  id?: string;
  /** The named recruiter that it belongs to. Default: the default recruiter. */
  recruiter?: string;
}

const STEALABLE_JOB = Symbol('nestjs-work-stealing:stealable-job');

/**
 * Makes a class with a method `recruited(slice)`, or any method of a provider or controller, a job. The module finds
 * it at bootstrap and installs it; whatever is wrong with it stops the bootstrap, with all other problems at once.
 *
 * @param rate - share of enlistments that carry a slice of this job: 0 to 1. 0 declares it without ever drawing it.
 * @throws WorkStealingConfigError when put on something that is neither a class nor an instance's method.
 */
export function StealableJob(rate: number): ClassDecorator & MethodDecorator;
/**
 * The same with options.
 *
 * @param options - the rate, and where it differs from the defaults: id, recruiter, budget, adaptive, lease.
 */
export function StealableJob(options: StealableJobOptions): ClassDecorator & MethodDecorator;
export function StealableJob(rateOrOptions: number | StealableJobOptions): ClassDecorator & MethodDecorator {
  // Kept as it was given: what is wrong with it is said at bootstrap, where the module and the other jobs are known.
  const declared =
    typeof rateOrOptions === 'object' && rateOrOptions !== null
      ? { ...rateOrOptions }
      : { rate: rateOrOptions };
  return (target: object, key?: string | symbol, descriptor?: PropertyDescriptor) => {
    Reflect.defineMetadata(STEALABLE_JOB, declared, jobTarget(target, key, descriptor));
  };
}

/** What a class or method was declared with; undefined when it is no job. */
export function stealableJobOf(target: object): StealableJobOptions | undefined {
  const own = Reflect.getOwnMetadata(STEALABLE_JOB, target) as StealableJobOptions | undefined;
  // Nothing is inherited from there: it would be looked up for each method of an application, and takes longest.
  if (own !== undefined || Object.getPrototypeOf(target) === Function.prototype) return own;
  return Reflect.getMetadata(STEALABLE_JOB, target) as StealableJobOptions | undefined;
}

function jobTarget(target: object, key?: string | symbol, descriptor?: PropertyDescriptor): object {
  if (typeof key === 'object') {
    throw new WorkStealingConfigError(
      '@StealableJob() was called as a standard (stage 3) decorator; Nest uses legacy ones. ' +
        'Set "experimentalDecorators": true in tsconfig.json.',
    );
  }
  if (key === undefined && typeof target === 'function') return target;
  const place = `${typeof target === 'function' ? target.name : target.constructor.name}.${String(key)}`;
  if (typeof target === 'function') {
    throw new WorkStealingConfigError(
      `@StealableJob() on ${place}: a static method has no instance to run on. Put it on an instance method.`,
    );
  }
  const method: unknown = descriptor?.value;
  if (typeof method !== 'function') {
    throw new WorkStealingConfigError(
      `@StealableJob() on ${place}: not a method. Put it on a class with recruited(slice), or on a method.`,
    );
  }
  return method;
}
