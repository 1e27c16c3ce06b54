import {
  Inject,
  Injectable,
  ServiceUnavailableException,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Access, SHUT } from './access.js';
import { FleetWatch } from './fleet-watch.js';
import { DashboardRefusal } from './refusal.js';
import { isHttp1, type DashboardRequest } from './request.js';
import { SECURITY_HEADERS } from './security-headers.js';

/** Runs before all other guards of the dashboard, so that what they refuse has the headers too. */
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
 * Sends pages away while the application closes. They ask again every other second, and a server that waits for its
 * connections would never be rid of one that is asked on so often.
 */
@Injectable()
export class ClosingGuard implements CanActivate {
  constructor(
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(FleetWatch) private readonly watch: FleetWatch,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    if (!this.watch.isClosed) return true;
    const http = context.switchToHttp();
    if (isHttp1(http.getRequest())) {
      this.host.httpAdapter.setHeader(http.getResponse(), 'Connection', 'close');
    }
    throw new ServiceUnavailableException('The application is closing.');
  }
}

/** Lets those in who may look. */
@Injectable()
export class ReadGuard implements CanActivate {
  constructor(@Inject(Access) private readonly access: Access) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request: DashboardRequest = context.switchToHttp().getRequest();
    if (await this.access.mayRead(request)) return true;
    throw new DashboardRefusal(this.access.isShut ? SHUT : 'You may not see this dashboard.');
  }
}
