import { Inject, type InjectionToken } from '@nestjs/common';
import { DEFAULT_RECRUITER } from '../recruiter/default-recruiter.js';
import { problemOf, text } from '../options/option.js';
import { WorkStealingConfigError } from '../options/errors.js';
import { Recruiter } from '../recruiter/recruiter.js';
import { refuseStandardDecorator } from './method-target.js';

/**
 * Injects a recruiter into a constructor parameter or a property. The default recruiter can also be injected by its type:
 * `constructor(recruiter: Recruiter)`.
 *
 * @param name - name passed to `WorkStealingModule.registerRecruiter`. @default the recruiter of `forRoot`
 * @throws WorkStealingConfigError if the name is blank, or if used as a standard (stage 3) decorator.
 */
export function InjectRecruiter(name?: string): ParameterDecorator & PropertyDecorator {
  const inject: ParameterDecorator = Inject(getRecruiterToken(name));
  const decorate: ParameterDecorator = (target, key, index) => {
    refuseStandardDecorator('InjectRecruiter', key);
    inject(target, key, index);
  };
  return decorate as ParameterDecorator & PropertyDecorator;
}

/**
 * Returns the injection token of a recruiter, for `app.get()`, factories and tests.
 *
 * @param name - name passed to `WorkStealingModule.registerRecruiter`. @default the recruiter of `forRoot`
 * @throws WorkStealingConfigError if the name is blank.
 */
export function getRecruiterToken(name: string = DEFAULT_RECRUITER): InjectionToken<Recruiter> {
  const problem = problemOf('recruiter', name, RECRUITER_NAME);
  if (problem !== undefined) throw new WorkStealingConfigError(problem);
  return name === DEFAULT_RECRUITER ? Recruiter : `WorkStealingRecruiter:${name}`;
}

/** The option for the name of a recruiter. */
export const RECRUITER_NAME = text(
  'the name of a recruiter, a string that is not blank',
  (name) => name.trim() !== '',
);
