import { jobDeclarationsOf, type JobDeclaration } from './stealable-job.decorator.js';
import { DEFAULT_RECRUITER } from '../recruiter/default-recruiter.js';
import type { Job, Slice, SliceResult } from '../recruiter/job.js';
import { nameFunction } from '../recruiter/slice/function-name.js';
import type { JobOptions } from '../recruiter/job-options.js';
import { moduleOf, nameOf, type Component } from './components.js';
import { ScopedJob } from './scoped-job.js';

/** A job as found in the application, not yet checked. */
export interface DeclaredJob {
  readonly id: string;
  /** Name of its recruiter. */
  readonly recruiter: string;
  /** Its declared options, without ID and recruiter. */
  readonly options: JobOptions;
  readonly job: Job;
  /** Where it is declared, for messages: `ExpireProfiles in ProfilesModule`. */
  readonly place: string;
  /** The class that it was found on. */
  readonly type: Function;
  readonly declaration: JobDeclaration;
}

/** Returns the jobs of components: for each, the decorated class first, followed by the decorated methods. */
export function jobsOf(components: readonly Component[]): DeclaredJob[] {
  return components.flatMap((component) =>
    jobDeclarationsOf(component.type)
      .filter(({ hiddenBy }) => hiddenBy === undefined)
      .map(({ declaration }) => declaredJob(component, declaration)),
  );
}

/** Warnings about jobs that a class does not inherit since it overrides their methods, one sentence each. */
export function hiddenJobsOf(components: readonly Component[]): string[] {
  return components.flatMap(({ type, wrapper }) =>
    jobDeclarationsOf(type).flatMap(({ declaration: { key }, hiddenBy }) =>
      hiddenBy === undefined
        ? []
        : [
            `${hiddenBy.name}.${String(key)}() in ${moduleOf(wrapper)} overrides the method of a job without ` +
              '@StealableJob(), so it is not a job. Put the decorator on it, with a rate of 0 if it must never be drawn.',
          ],
    ),
  );
}

function declaredJob(component: Component, declaration: JobDeclaration): DeclaredJob {
  const { type, wrapper } = component;
  const { key, isOfClass } = declaration;
  const name = isOfClass ? nameOf(type) : `${nameOf(type)}.${String(key)}`;
  const { id = name, recruiter = DEFAULT_RECRUITER, ...options } = declaration.options;
  const place = isOfClass ? component.place : `${name}() in ${moduleOf(wrapper)}`;
  const job = jobOf(component, declaration);
  nameFunction(job, nameOf(type), key);
  return { id, recruiter, options, job, place, type, declaration };
}

function jobOf({ wrapper, instance }: Component, { key, isOfClass }: JobDeclaration): Job {
  if (instance === undefined) return new ScopedJob(wrapper, key);
  if (isOfClass) return instance as Job;
  const host = instance as Record<string | symbol, (slice: Slice) => SliceResult>;
  return { recruited: (slice) => host[key]!(slice) };
}
