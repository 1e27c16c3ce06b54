export { WorkStealingDashboardModule } from './dashboard.module.js';
export {
  WORK_STEALING_DASHBOARD_OPTIONS,
  type DashboardMount,
  type WorkStealingDashboardAsyncOptions,
  type WorkStealingDashboardOptions,
  type WorkStealingDashboardOptionsFactory,
} from './dashboard.options.js';
export type { DashboardRequest } from './request.js';
