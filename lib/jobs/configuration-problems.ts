import { RECRUITER_SLOTS } from '../enlist/recruiter-slots.js';
import { RECRUITER_NAME } from '../enlist/inject-recruiter.js';
import type { Component } from './components.js';
import type { DeclaredJob } from './declared-job.js';
import { groupBy } from './group-by.js';
import { jobProblems } from './job-problems.js';
import { describeValue } from '../options/describe-value.js';
import { problemOf } from '../options/option.js';
import { problemsOf } from '../options/option-table.js';
import { WorkStealingConfigError } from '../options/errors.js';
import { JOB_OPTIONS } from '../recruiter/job-options.js';
import type { RecruiterHost } from '../recruiter-host.js';

/** Recruiters, enlisting components and jobs of an application. */
export interface Found {
  readonly hosts: readonly RecruiterHost[];
  readonly enlisters: readonly Enlister[];
  /** Jobs by the name of their recruiter. */
  readonly jobs: ReadonlyMap<string, readonly DeclaredJob[]>;
}

/** Returns all problems of an application's configuration, one sentence or paragraph each. */
export function configurationProblems({ hosts, enlisters, jobs }: Found): string[] {
  return [
    ...hostProblems(hosts),
    ...unknownRecruiters(hosts, jobs),
    ...unknownToEnlist(hosts, enlisters),
    ...allJobProblems(hosts, jobs),
    ...uncoordinated(hosts, jobs),
  ];
}

/** A component with enlisting methods. */
export interface Enlister extends Component {
  /** Names of the recruiters that the methods enlist with. */
  readonly recruiters: readonly string[];
}

/** Returns the components that have enlisting methods. */
export function enlistersAmong(components: readonly Component[]): Enlister[] {
  const enlisters: Enlister[] = [];
  for (const component of components) {
    const recruiters = RECRUITER_SLOTS.keysOf((component.type.prototype ?? {}) as object);
    if (recruiters.length > 0) enlisters.push({ ...component, recruiters });
  }
  return enlisters;
}

/** Problems of the recruiters, separately and together. */
export function hostProblems(hosts: readonly RecruiterHost[]): string[] {
  const problems = hosts.flatMap(({ name, isDefault, problems: found }) =>
    found.map((problem) => `${isDefault ? 'forRoot()' : `registerRecruiter("${name}")`}: ${problem}`),
  );
  const roots = hosts.filter(({ isDefault }) => isDefault).length;
  if (roots > 1) {
    problems.push(
      `WorkStealingModule.forRoot() is imported ${roots} times; import it once, in the root module`,
    );
  }
  for (const [name, same] of groupBy(hosts, (host) => host.name)) {
    if (same.length > 1 && !same.every(({ isDefault }) => isDefault)) {
      problems.push(`${same.length} recruiters are named "${name}"; give each a unique name`);
    }
  }
  return problems;
}

function unknownRecruiters(
  hosts: readonly RecruiterHost[],
  jobs: ReadonlyMap<string, readonly DeclaredJob[]>,
): string[] {
  return [...jobs]
    .filter(([name]) => !hosts.some((host) => host.name === name))
    .flatMap(([name, declared]) => declared.map(({ place }) => `${place}: ${unknownRecruiter(name, hosts)}`));
}

/** Enlisting methods whose recruiter is not registered, which would silently never enlist. */
function unknownToEnlist(hosts: readonly RecruiterHost[], enlisters: readonly Enlister[]): string[] {
  return enlisters.flatMap(({ recruiters, place }) =>
    recruiters
      .filter((name) => !hosts.some((host) => host.name === name))
      .map((name) => `@Enlist() in ${place}: ${unknownRecruiter(name, hosts)}`),
  );
}

function unknownRecruiter(name: string, hosts: readonly RecruiterHost[]): string {
  const problem = problemOf('recruiter', name, RECRUITER_NAME);
  if (problem !== undefined) return problem;
  const known = [...new Set(hosts.map((host) => `"${host.name}"`))].join(', ');
  return (
    `recruiter ${describeValue(name)} is not registered; known are ${known}. ` +
    `Import WorkStealingModule.registerRecruiter(${describeValue(name)}).`
  );
}

function allJobProblems(
  hosts: readonly RecruiterHost[],
  jobs: ReadonlyMap<string, readonly DeclaredJob[]>,
): string[] {
  return [...jobs].flatMap(([name, declared]) => {
    const rates = hosts.find((host) => host.name === name)?.options.rates ?? {};
    return jobProblems(name, declared, new Map(Object.entries(rates)));
  });
}

/** Called after the hooks of all other modules, so every coordinator is in use. */
function uncoordinated(
  hosts: readonly RecruiterHost[],
  jobs: ReadonlyMap<string, readonly DeclaredJob[]>,
): string[] {
  return hosts.flatMap(({ name, recruiter }) =>
    (jobs.get(name) ?? [])
      .filter(({ options }) => problemsOf(JOB_OPTIONS, options).length === 0)
      .flatMap(({ id, place, options }) =>
        recruiter.coordination.problems(id, options).map((problem) => `${place}: ${problem}`),
      ),
  );
}

/** @throws WorkStealingConfigError that lists the problems, if there are any. */
export function refuse(problems: readonly string[]): void {
  if (problems.length === 0) return;
  const list = problems.map((problem, index) => `${index + 1}. ${problem}`).join('\n');
  const heading = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  throw new WorkStealingConfigError(
    `nestjs-work-stealing cannot start: ${heading} of configuration\n${list}`,
    problems,
  );
}
