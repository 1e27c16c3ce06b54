export { adviseRate, type RateAdvice } from './advice/rate-advice.js';
export { measure, type RateFacts, type RateReading, type RateWindow } from './advice/rate-facts.js';
export type {
  AuditEntry,
  Fleet,
  FleetAction,
  FleetJob,
  FleetProcess,
  FleetJobRef,
  RateOverride,
} from './fleet.js';
export { FleetService, type FleetServiceOptions } from './fleet.service.js';
export { FleetUnavailableError } from './fleet-unavailable.error.js';
