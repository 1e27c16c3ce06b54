import {
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { Log } from './logging/log.js';
import { attachRecruiter, recruitersOf } from './decorators/attach-recruiter.js';
import type { DeclaredJob } from './discovery/declared-job.js';
import { JobExplorer, jobsOf, type Component } from './discovery/job.explorer.js';
import { jobProblems } from './discovery/job-problems.js';
import { groupBy } from './discovery/group-by.js';
import { recruiterNameProblem } from './decorators/inject-recruiter.js';
import type { RecruiterHost } from './recruiter-host.js';
import { hostsOf } from './recruiters.js';
import { DEFAULT_RECRUITER } from './recruiter/default-recruiter.js';
import { describeValue } from './recruiter/describe-value.js';
import { WorkStealingConfigError } from './recruiter/errors.js';
import { jobOptionProblems, type JobOptions } from './recruiter/job-options.js';

/** Takes the recruiters of one application through its life: check and install, open, close. */
@Injectable()
export class Bootstrap implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  readonly #log = new Log('WorkStealing');

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly explorer: JobExplorer,
  ) {}

  /** @throws WorkStealingConfigError that lists every problem of the application; nothing is installed then. */
  onModuleInit(): void {
    const hosts = this.#hosts();
    const components = this.explorer.components();
    const enlisters = enlistersAmong(components);
    const jobs = groupBy(jobsOf(components), ({ options: { recruiter = DEFAULT_RECRUITER } }) => recruiter);
    refuse([
      ...hostProblems(hosts),
      ...unknownRecruiters(hosts, jobs),
      ...unknownToEnlist(hosts, enlisters),
      ...allJobProblems(hosts, jobs),
      ...unkept(hosts, jobs),
    ]);
    for (const host of hosts) this.#install(host, jobs.get(host.name) ?? []);
    attach(hosts, enlisters);
  }

  onApplicationBootstrap(): void {
    for (const { recruiter } of this.#hosts()) recruiter.open();
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all(this.#hosts().map(({ recruiter }) => recruiter.close()));
  }

  #hosts(): RecruiterHost[] {
    return hostsOf(this.discovery);
  }

  #install(host: RecruiterHost, jobs: readonly DeclaredJob[]): void {
    for (const { id, job, options } of jobs) host.recruiter.install(job, id, jobOptionsOf(options));
    const known = new Set(jobs.map(({ id }) => id));
    const unknown = host.isDefault
      ? Object.keys(host.options.rates ?? {}).filter((id) => !known.has(id))
      : [];
    if (unknown.length > 0) {
      this.#log.warn(
        `rates names jobs that no module declares: ${unknown.map((id) => describeValue(id)).join(', ')}. ` +
          `They apply if such a job is installed later; otherwise look for a misspelt id.`,
      );
    }
  }
}

/** A component with enlisting methods. */
interface Enlister extends Component {
  /** The recruiters with which they enlist. */
  readonly recruiters: readonly string[];
}

function enlistersAmong(components: readonly Component[]): Enlister[] {
  const enlisters: Enlister[] = [];
  for (const component of components) {
    const recruiters = recruitersOf((component.type.prototype ?? {}) as object);
    if (recruiters.length > 0) enlisters.push({ ...component, recruiters });
  }
  return enlisters;
}

/**
 * Nest injects properties only where it constructs, and not where a recruiter's options depend on the instance:
 * what it leaves out is given its recruiter here.
 */
function attach(hosts: readonly RecruiterHost[], enlisters: readonly Enlister[]): void {
  const byName = new Map(hosts.map(({ name, recruiter }) => [name, recruiter]));
  for (const { instance } of enlisters) {
    if (instance !== undefined) attachRecruiter(instance, (name) => byName.get(name));
  }
}

function hostProblems(hosts: readonly RecruiterHost[]): string[] {
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
      problems.push(`${same.length} recruiters are named "${name}"; give each a name of its own`);
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

/** Enlisting methods whose recruiter nobody registered: they would never enlist, without a word. */
function unknownToEnlist(hosts: readonly RecruiterHost[], enlisters: readonly Enlister[]): string[] {
  return enlisters.flatMap(({ recruiters, place }) =>
    recruiters
      .filter((name) => !hosts.some((host) => host.name === name))
      .map((name) => `@Enlist() in ${place}: ${unknownRecruiter(name, hosts)}`),
  );
}

function unknownRecruiter(name: string, hosts: readonly RecruiterHost[]): string {
  const problem = recruiterNameProblem(name);
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

/** This hook runs after those of all other modules, so whoever keeps leases and paces has said so. */
function unkept(
  hosts: readonly RecruiterHost[],
  jobs: ReadonlyMap<string, readonly DeclaredJob[]>,
): string[] {
  return hosts.flatMap(({ name, recruiter }) =>
    (jobs.get(name) ?? [])
      .filter(({ options }) => jobOptionProblems(options).length === 0)
      .flatMap(({ id, place, options }) =>
        recruiter.keepers.unkeptProblems(id, options).map((problem) => `${place}: ${problem}`),
      ),
  );
}

function refuse(problems: readonly string[]): void {
  if (problems.length === 0) return;
  const list = problems.map((problem, index) => `${index + 1}. ${problem}`).join('\n');
  const heading = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  throw new WorkStealingConfigError(
    `nestjs-work-stealing cannot start: ${heading} of configuration\n${list}`,
    problems,
  );
}

function jobOptionsOf({
  id: _id,
  recruiter: _recruiter,
  ...options
}: JobOptions & { id?: string; recruiter?: string }): JobOptions {
  return options;
}
