export {
  Enlist,
  type EnlistDecorator,
  type EnlistDecoratorOf,
  type EnlistOptions,
  type EnlistReturn,
  type OtherResult,
} from './decorators/enlist.decorator.js';
export { getRecruiterToken, InjectRecruiter } from './decorators/inject-recruiter.js';
export {
  StealableJob,
  type NotAJob,
  type StealableJobDecorator,
  type StealableJobOptions,
} from './decorators/stealable-job.decorator.js';
export type {
  AuditEntry,
  Fleet,
  FleetAction,
  FleetJob,
  FleetProcess,
  JobRef,
  RateOverride,
} from './fleet/fleet.js';
/** @internal For lib/redis. */
export type { FleetBackend, FleetSite, ProcessSighting } from './fleet/fleet-backend.js';
export { FleetService, type FleetServiceOptions } from './fleet/fleet.service.js';
export { FleetUnavailableError } from './fleet/fleet-unavailable.error.js';
/** @internal For lib/redis. */
export { keyOf, type Extent } from './fleet/job-key.js';
/** @internal For lib/redis. */
export { changedOrders, MOST_ORDERS, type Change, type Orders, type PauseOrder } from './fleet/orders.js';
/** @internal For lib/redis. */
export type { JobReport, ProcessFacts, ProcessReport, RecruiterReport } from './fleet/process-report.js';
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
