import type { Job } from '../job.js';
import { tryRead } from '../try-read.js';

const names = new WeakMap<Job, string>();

/** Sets the name of the function that runs the slices of a job, if the installed job only calls it. */
export function nameFunction(job: Job, className: string, method: string | symbol): void {
  const key = typeof method === 'symbol' ? `[${method.description ?? ''}]` : method;
  if (className !== '') names.set(job, `${className}.${key}`);
}

/**
 * The name of the function that runs the slices of a job, as in a stack trace: `Films.prune`. Undefined if the job is an
 * object without a class.
 */
export function functionNameOf(job: Job): string | undefined {
  const noted = names.get(job);
  if (noted !== undefined) return noted;
  const type: unknown = tryRead(() => job.constructor, undefined);
  if (typeof type !== 'function' || type === Object) return undefined;
  const className: unknown = tryRead(() => type.name, '');
  return typeof className === 'string' && className !== '' ? `${className}.recruited` : undefined;
}
