export { Enlist, type EnlistOptions } from './decorators/enlist.decorator.js';
/** @internal For lib/cache. */
export { hideSlot } from './decorators/hidden-slot.js';
export { getRecruiterToken, InjectRecruiter } from './decorators/inject-recruiter.js';
/** @internal For lib/cache. */
export { methodTarget } from './decorators/method-target.js';
/** @internal For lib/cache. */
export { named, passFor, type Method } from './decorators/stand-in.js';
export { StealableJob, type StealableJobOptions } from './decorators/stealable-job.decorator.js';
export type {
  AuditEntry,
  Fleet,
  FleetAction,
  FleetJob,
  FleetProcess,
  JobRef,
  RateOverride,
} from './fleet/fleet.js';
export { FleetService } from './fleet/fleet.service.js';
export { FleetUnavailableError } from './fleet/fleet-unavailable.error.js';
export { EnlistInterceptor } from './interceptors/enlist.interceptor.js';
export * from './recruiter/index.js';
export { Recruiters } from './recruiters.js';
export { WorkStealingModule } from './work-stealing.module.js';
export {
  WORK_STEALING_OPTIONS,
  type WorkStealingAsyncOptions,
  type WorkStealingOptions,
  type WorkStealingOptionsFactory,
} from './work-stealing.options.js';
