export { adviseRate, type RateAdvice } from '../recruiter/rate-advice.js';
export { measure, type RateFacts, type RateReading, type RateWindow } from '../recruiter/rate-facts.js';
export type {
  AuditEntry,
  Fleet,
  FleetAction,
  FleetJob,
  FleetProcess,
  JobRef,
  RateOverride,
} from './fleet.js';
export { FleetService, type FleetServiceOptions } from './fleet.service.js';
export { FleetUnavailableError } from './fleet-unavailable.error.js';
