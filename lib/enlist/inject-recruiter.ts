import { Inject, type InjectionToken } from '@nestjs/common';
import { DEFAULT_RECRUITER } from '../recruiter/default-recruiter.js';
import { problemOf, text } from '../options/option.js';
import { WorkStealingConfigError } from '../options/errors.js';
import { Recruiter } from '../recruiter/recruiter.js';
import { refuseStandardDecorator } from './method-target.js';

/**
 * Injects a recruiter into a constructor parameter or a property.
 *
 * The default recruiter is injected by its type as well: `constructor(recruiter: Recruiter)`.
 *
 * @param name - as given to `WorkStealingModule.registerRecruiter`. Default: the recruiter of `forRoot`.
 * @throws WorkStealingConfigError when the name is blank, and as a standard decorator.
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
 * The injection token of a recruiter: for `app.get()`, factories and tests.
 *
 * @param name - as given to `WorkStealingModule.registerRecruiter`. Default: the recruiter of `forRoot`.
 * @throws WorkStealingConfigError when the name is blank.
 */
export function getRecruiterToken(name: string = DEFAULT_RECRUITER): InjectionToken<Recruiter> {
  const problem = problemOf('recruiter', name, RECRUITER_NAME);
  if (problem !== undefined) throw new WorkStealingConfigError(problem);
  return name === DEFAULT_RECRUITER ? Recruiter : `WorkStealingRecruiter:${name}`;
}

/** The name of a recruiter. */
export const RECRUITER_NAME = text(
  'the name of a recruiter, a string that is not blank',
  (name) => name.trim() !== '',
);
