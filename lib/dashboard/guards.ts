import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Access } from './access.js';
import { DashboardRefusal } from './refusal.js';
import type { DashboardRequest } from './request.js';
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

/** Lets those in who may look. */
@Injectable()
export class ReadGuard implements CanActivate {
  constructor(@Inject(Access) private readonly access: Access) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request: DashboardRequest = context.switchToHttp().getRequest();
    if (await this.access.mayRead(request)) return true;
    throw new DashboardRefusal('You may not see this dashboard.');
  }
}
