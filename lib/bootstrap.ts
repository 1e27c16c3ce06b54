import {
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { DiscoveryService, ModuleRef, ModulesContainer } from '@nestjs/core';
import {
  configurationProblems,
  enlistersAmong,
  hostProblems,
  refuse,
  type Enlister,
} from './jobs/configuration-problems.js';
import { attachRecruiter } from './enlist/recruiter-slots.js';
import { getRecruiterToken } from './enlist/inject-recruiter.js';
import { tryRead } from './recruiter/try-read.js';
import { componentsOf } from './jobs/components.js';
import { hiddenJobsOf, jobsOf, type DeclaredJob } from './jobs/declared-job.js';
import { groupBy } from './jobs/group-by.js';
import { minifiedIdWarning } from './jobs/minified-ids.js';
import { Log } from './logging/log.js';
import { refuseRequestScoped } from './nest/nest-module.js';
import type { RecruiterHost } from './recruiter-host.js';
import { hostsOf } from './recruiters.js';
import { describeValue } from './options/describe-value.js';
import { jobsLine, NO_JOB } from './jobs/start-report.js';
import { WORK_STEALING_OPTIONS } from './work-stealing.options.js';

/** Runs the life cycle of the recruiters of one application: check and install jobs, open, close. */
@Injectable()
export class Bootstrap implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  readonly #log = new Log('WorkStealing');
  /** From `checked` on, each new recruiter is checked when it is created. */
  #stage: 'starting' | 'checked' | 'open' | 'closing' = 'starting';

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly moduleRef: ModuleRef,
    private readonly modules: ModulesContainer,
  ) {}

  /** @throws WorkStealingConfigError that lists every problem of the application; nothing is installed then. */
  onModuleInit(): void {
    // First, since a missing recruiter would cause a problem for each of its jobs and enlisters.
    refuseRequestScoped('WorkStealingModule', this.modules, WORK_STEALING_OPTIONS);
    const hosts = hostsOf(this.discovery);
    const components = componentsOf(this.discovery);
    const enlisters = enlistersAmong(components);
    const jobs = groupBy(jobsOf(components), ({ recruiter }) => recruiter);
    refuse(configurationProblems({ hosts, enlisters, jobs }));
    for (const host of hosts) this.#install(host, jobs.get(host.name) ?? []);
    const minified = minifiedIdWarning([...jobs.values()].flat());
    for (const warning of new Set([...hiddenJobsOf(components), minified])) {
      if (warning !== undefined) this.#log.warn(warning);
    }
    this.#attach(enlisters);
    this.#stage = 'checked';
  }

  onApplicationBootstrap(): void {
    const recruiters = hostsOf(this.discovery).map(({ recruiter }) => recruiter);
    for (const recruiter of recruiters) recruiter.open();
    this.#stage = 'open';
    if (recruiters.some(({ jobs }) => jobs.length > 0)) this.#log.info(jobsLine(recruiters));
    else this.#log.warn(NO_JOB);
  }

  async onModuleDestroy(): Promise<void> {
    this.#stage = 'closing';
    await Promise.all(hostsOf(this.discovery).map(({ recruiter }) => recruiter.close()));
  }

  /**
   * Adds a recruiter that was just created. A recruiter of a lazy module is created after the hooks have run: it is checked
   * and opened here.
   *
   * @throws WorkStealingConfigError when its options are invalid, or another recruiter has its name.
   */
  admit(host: RecruiterHost): void {
    if (this.#stage === 'starting') return;
    refuse(hostProblems([...hostsOf(this.discovery), host]));
    if (this.#stage === 'open') host.recruiter.open();
    if (this.#stage === 'closing') void host.recruiter.close();
  }

  /**
   * Attaches recruiters to the instances into which Nest has not injected them: it injects properties only into instances
   * that it constructs, and not if the options of the recruiter depend on the instance. The same token is used, so that the
   * overrides of a test apply here too.
   */
  #attach(enlisters: readonly Enlister[]): void {
    const injected = (name: string): unknown =>
      tryRead(() => this.moduleRef.get(getRecruiterToken(name), { strict: false }), undefined);
    for (const { instance } of enlisters) {
      if (instance !== undefined) tryRead(() => attachRecruiter(instance, injected), undefined);
    }
  }

  #install(host: RecruiterHost, jobs: readonly DeclaredJob[]): void {
    for (const { id, job, options } of jobs) host.recruiter.install(job, id, options);
    const known = new Set(jobs.map(({ id }) => id));
    const unknown = host.isDefault
      ? Object.keys(host.options.rates ?? {}).filter((id) => !known.has(id))
      : [];
    if (unknown.length > 0) {
      this.#log.warn(
        `rates names jobs that no module declares: ${unknown.map((id) => describeValue(id)).join(', ')}. ` +
          `They apply if such a job is installed later; otherwise check the spelling of the ids.`,
      );
    }
  }
}
