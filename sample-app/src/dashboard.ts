import { userInfo } from 'node:os';
import { WorkStealingDashboardModule, type DashboardRequest } from 'nestjs-work-stealing/dashboard';

/**
 * The workers listen to this machine only, so whoever comes by its own name may look and steer; the name of another site
 * that points here may not. An application that others can reach asks who it is instead: see docs/dashboard.md.
 */
export const dashboardModule = WorkStealingDashboardModule.forRoot({
  authorize: ({ headers }: DashboardRequest) => /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(headers.host ?? ''),
  authorizeWrite: whoRunsThis,
});

/** For the audit list. */
function whoRunsThis(): string {
  try {
    return userInfo().username;
  } catch {
    // Not every container has a name for its user.
    return `user ${process.getuid?.() ?? ''}`;
  }
}
