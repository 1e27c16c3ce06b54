import type { Job } from '../job.js';
import { tryRead } from '../try-read.js';

const names = new WeakMap<Job, string>();

/** Notes which function does the slices of a job, where the job as it is installed is only a way to call it. */
export function nameFunction(job: Job, className: string, method: string | symbol): void {
  const key = typeof method === 'symbol' ? `[${method.description ?? ''}]` : method;
  if (className !== '') names.set(job, `${className}.${key}`);
}

/**
 * The function that does the slices of a job as a stack trace names it, `Films.prune`. Undefined where the job is an
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
