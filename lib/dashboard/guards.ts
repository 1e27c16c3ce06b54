import {
  Catch,
  ForbiddenException,
  Inject,
  Injectable,
  ServiceUnavailableException,
  type ArgumentsHost,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Access, CLOSED } from './access.js';
import { FleetMonitor } from './fleet-monitor.js';
import { refusalPage } from './page.js';
import { isHttp1, pathOf, type DashboardRequest } from './request.js';

/** Allows only resources of this server, no frames, and no string as markup or script. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
];

/** Headers of every response of the dashboard, refusals included. */
const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': POLICY.join('; '),
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Robots-Tag': 'noindex',
  'Cache-Control': 'no-store',
};

/** Sets the headers. Runs before all other guards, so that their refusals have them too. */
@Injectable()
export class SecurityHeadersGuard implements CanActivate {
  constructor(@Inject(HttpAdapterHost) private readonly host: HttpAdapterHost) {}

  canActivate(context: ExecutionContext): boolean {
    const response: unknown = context.switchToHttp().getResponse();
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
      this.host.httpAdapter.setHeader(response, name, value);
    }
    return true;
  }
}

/**
 * Refuses requests while the application closes. Pages repeat them every other second, so their connections would never
 * become idle, and the server waits for each.
 */
@Injectable()
export class ClosingGuard implements CanActivate {
  constructor(
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(FleetMonitor) private readonly monitor: FleetMonitor,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    if (!this.monitor.isClosed) return true;
    const http = context.switchToHttp();
    if (isHttp1(http.getRequest())) {
      this.host.httpAdapter.setHeader(http.getResponse(), 'Connection', 'close');
    }
    throw new ServiceUnavailableException('The application is closing.');
  }
}

/** Allows only visitors who may view the dashboard. */
@Injectable()
export class ReadGuard implements CanActivate {
  constructor(@Inject(Access) private readonly access: Access) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request: DashboardRequest = context.switchToHttp().getRequest();
    if (await this.access.mayRead(request)) return true;
    throw new DashboardRefusal(this.access.isClosed ? CLOSED : 'You may not see this dashboard.');
  }
}

/** The visitor may not view the dashboard, or may not do what was requested. */
export class DashboardRefusal extends ForbiddenException {}

/** Responds to a refused browser with a page, and to any other client as Nest does. */
@Catch(DashboardRefusal)
export class RefusalFilter implements ExceptionFilter<DashboardRefusal> {
  constructor(@Inject(HttpAdapterHost) private readonly host: HttpAdapterHost) {}

  catch(refusal: DashboardRefusal, context: ArgumentsHost): void {
    const { httpAdapter } = this.host;
    const request: DashboardRequest = context.switchToHttp().getRequest();
    const response: unknown = context.switchToHttp().getResponse();
    if (!wantsPage(request)) {
      httpAdapter.reply(response, refusal.getResponse(), refusal.getStatus());
      return;
    }
    httpAdapter.setHeader(response, 'Content-Type', 'text/html; charset=utf-8');
    httpAdapter.reply(response, refusalPage(refusal.message), refusal.getStatus());
  }
}

/** Whether a browser navigates: requests by the page's own script never accept HTML. */
function wantsPage(request: DashboardRequest): boolean {
  return !pathOf(request).includes('/assets/') && /\btext\/html\b/.test(request.headers.accept ?? '');
}
