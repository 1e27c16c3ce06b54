export {
  Enlist,
  type EnlistDecorator,
  type EnlistDecoratorOf,
  type EnlistOptions,
  type EnlistReturn,
  type OtherResult,
} from './enlist/enlist.decorator.js';
export { getRecruiterToken, InjectRecruiter } from './enlist/inject-recruiter.js';
export {
  StealableJob,
  type NotAJob,
  type StealableJobDecorator,
  type StealableJobOptions,
} from './jobs/stealable-job.decorator.js';
export { EnlistInterceptor } from './enlist/enlist.interceptor.js';
export type { Clock } from './time/clock.js';
export type {
  Coordinator,
  CoordinatorPart,
  JobRef,
  Lease,
  FleetSizeCoordinator,
  LeaseCoordinator,
  PaceCoordinator,
  PassReport,
  PassSummary,
  PeriodClaim,
  PeriodCoordinator,
  PeriodNews,
} from './recruiter/coordination/coordinator.js';
export type { GatedMessage, RateMessage, SliceMessage } from './recruiter/slice/diagnostics.js';
export { WorkStealingConfigError } from './options/errors.js';
export type { LateReport, RecruiterError, RecruiterEvents } from './recruiter/events.js';
export type { DrawnSlice, SliceInstrument, SliceWatch } from './recruiter/slice/instruments.js';
export type { JobOptions } from './recruiter/job-options.js';
export type { Durations, JobError } from './recruiter/record/job-record.js';
export {
  Duty,
  type Job,
  type JobProgress,
  type Progress,
  type Slice,
  type SlicePass,
  type SliceResult,
} from './recruiter/job.js';
export type { RecruiterOptions } from './recruiter/options.js';
export {
  OUTCOMES,
  type BuiltInReason,
  type GateCounts,
  type GateReason,
  type Outcome,
  type Work,
} from './recruiter/outcome.js';
export type { Random } from './recruiter/random.js';
export { Recruiter, type RecruiterState } from './recruiter/recruiter.js';
export type {
  AbortedReport,
  AbortReason,
  FailedReport,
  GatedReport,
  SliceOrigin,
  SliceReport,
  WorkedReport,
} from './recruiter/slice/slice.js';
export type { JobPeriodSnapshot, JobSnapshot } from './recruiter/record/snapshot.js';
export type { JobSurvey } from './recruiter/record/survey.js';
export type { PeriodState } from './recruiter/coordination/periods.js';
export type { UserGateOptions } from './recruiter/gates/user-gates.js';
export type { UtilizationProbe } from './recruiter/gates/utilization.js';
export { Recruiters } from './recruiters.js';
export { WorkStealingModule } from './work-stealing.module.js';
export {
  WORK_STEALING_OPTIONS,
  type WorkStealingAsyncOptions,
  type WorkStealingOptions,
  type WorkStealingOptionsFactory,
} from './work-stealing.options.js';
