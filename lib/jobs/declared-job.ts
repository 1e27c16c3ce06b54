import { jobDeclarationsOf, type JobDeclaration } from './stealable-job.decorator.js';
import { DEFAULT_RECRUITER } from '../recruiter/default-recruiter.js';
import type { Job, Slice, SliceResult } from '../recruiter/job.js';
import { nameFunction } from '../recruiter/slice/function-name.js';
import type { JobOptions } from '../recruiter/job-options.js';
import { moduleOf, nameOf, type Component } from './components.js';
import { ScopedJob } from './scoped-job.js';

/** A job as it was found in the application, not yet checked. */
export interface DeclaredJob {
  readonly id: string;
  /** The recruiter that it belongs to. */
  readonly recruiter: string;
  /** What was declared of it but its id and its recruiter. */
  readonly options: JobOptions;
  readonly job: Job;
  /** Where it was declared, for a reader: `ExpireProfiles in ProfilesModule`. */
  readonly place: string;
  /** The class that it was found on. */
  readonly type: Function;
  readonly declaration: JobDeclaration;
}

/** Every job of these components: decorated class first, then decorated methods, component by component. */
export function jobsOf(components: readonly Component[]): DeclaredJob[] {
  return components.flatMap((component) =>
    jobDeclarationsOf(component.type)
      .filter(({ hiddenBy }) => hiddenBy === undefined)
      .map(({ declaration }) => declaredJob(component, declaration)),
  );
}

/** Jobs that a class would inherit, had it not overridden their methods: one sentence each. */
export function hiddenJobsOf(components: readonly Component[]): string[] {
  return components.flatMap(({ type, wrapper }) =>
    jobDeclarationsOf(type).flatMap(({ declaration: { key }, hiddenBy }) =>
      hiddenBy === undefined
        ? []
        : [
            `${hiddenBy.name}.${String(key)}() in ${moduleOf(wrapper)} overrides the method of a job without ` +
              '@StealableJob(), and is none. Put the decorator on it, with a rate of 0 if it is never to be drawn.',
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
