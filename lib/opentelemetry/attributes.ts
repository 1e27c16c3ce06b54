/** Instrumentation scope of all metrics and spans. */
export const SCOPE = 'nestjs-work-stealing';

/** Names of the attributes that are not part of OpenTelemetry's semantic conventions. */
export const ATTRIBUTE = {
  recruiter: 'work_stealing.recruiter',
  job: 'work_stealing.job',
  origin: 'work_stealing.origin',
  outcome: 'work_stealing.outcome',
  reason: 'work_stealing.reason',
  done: 'work_stealing.items.done',
  limit: 'work_stealing.items.limit',
  overran: 'work_stealing.overran',
  kind: 'work_stealing.rate.kind',
  cache: 'work_stealing.cache.name',
} as const;

/** Attribute of OpenTelemetry's semantic conventions for source code, stable since 1.33. */
export const CODE_FUNCTION_NAME = 'code.function.name';
