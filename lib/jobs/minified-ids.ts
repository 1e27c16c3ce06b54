import type { DeclaredJob } from './declared-job.js';
import { nameOf } from './components.js';

/** Typical names of minifiers: one or two letters, and perhaps a number. */
const MINIFIED = /^[A-Za-z_$]{1,2}\d*$/;

/** Whether the ID of a job is the name of a class that a minifier seems to have shortened; this is a guess. */
export function hasMinifiedId({ declaration, type }: DeclaredJob): boolean {
  return declaration.options.id === undefined && MINIFIED.test(nameOf(type));
}

/** Returns a warning about all jobs with such an ID; undefined if there is none. */
export function minifiedIdWarning(jobs: readonly DeclaredJob[]): string | undefined {
  const ids = jobs.filter(hasMinifiedId).map(({ id }) => id);
  if (ids.length === 0) return undefined;
  const shown = ids.slice(0, 20).join(', ');
  return (
    `Job ids that look like class names a minifier has shortened: ${shown}${ids.length > 20 ? ', …' : ''}. The next build ` +
    'may give the same name to another class, and pauses, rates and leases would then apply to another job. Give each an ' +
    'id, @StealableJob({ id }), or have the bundler keep class names.'
  );
}
