export { adviseRate, type RateAdvice } from './advice/rate-advice.js';
export { measure, type RateFacts, type RateReading, type RateWindow } from './advice/rate-facts.js';
export {
  FleetUnavailableError,
  type AuditEntry,
  type Fleet,
  type FleetAction,
  type FleetJob,
  type FleetProcess,
  type FleetJobRef,
  type RateOverride,
} from './fleet.js';
export { FleetService, type FleetServiceOptions } from './fleet.service.js';
