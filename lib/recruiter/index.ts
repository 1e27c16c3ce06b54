export type { Clock } from './clock.js';
export type {
  Coordinator,
  JobRef,
  Lease,
  LeaseCoordinator,
  PaceCoordinator,
  PassReport,
  PeriodClaim,
  PeriodCoordinator,
} from './coordinator.js';
export type { GatedMessage, RateMessage, SliceMessage } from './diagnostics.js';
export { WorkStealingConfigError } from './errors.js';
export type { LateReport, RecruiterError, RecruiterEvents } from './events.js';
export type { DrawnSlice, SliceInstrument, SliceOrigin, SliceWatch } from './instruments.js';
export type { JobOptions } from './job-options.js';
export type { Durations, JobError } from './job-record.js';
export { Duty, type Job, type JobProgress, type Progress, type Slice, type SliceResult } from './job.js';
export type { RecruiterOptions } from './options.js';
export { OUTCOMES, type GateReason, type Outcome, type Work } from './outcome.js';
export { adviseRate, type RateAdvice } from './rate-advice.js';
export { measure, type RateFacts, type RateReading, type RateWindow } from './rate-facts.js';
export type { Random } from './random.js';
export { Recruiter, type RecruiterState } from './recruiter.js';
export type {
  AbortedReport,
  AbortReason,
  FailedReport,
  GatedReport,
  SliceReport,
  WorkedReport,
} from './slice.js';
export type { JobSnapshot } from './snapshot.js';
export type { JobSurvey } from './survey.js';
export type { UtilizationProbe } from './utilization.js';
