import { Inject, type InjectionToken } from '@nestjs/common';
import { DEFAULT_RECRUITER } from '../recruiter/default-recruiter.js';
import { describeValue } from '../recruiter/describe-value.js';
import { WorkStealingConfigError } from '../recruiter/errors.js';
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
  const problem = recruiterNameProblem(name);
  if (problem !== undefined) throw new WorkStealingConfigError(problem);
  return name === DEFAULT_RECRUITER ? Recruiter : `WorkStealingRecruiter:${name}`;
}

/** What is wrong with the name of a recruiter; undefined when nothing is. */
export function recruiterNameProblem(name: unknown): string | undefined {
  if (typeof name === 'string' && name.trim() !== '') return undefined;
  return `recruiter is ${describeValue(name)}; expected the name of a recruiter, a text that is not blank`;
}
