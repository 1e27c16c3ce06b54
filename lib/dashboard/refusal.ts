import { Catch, ForbiddenException, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { pathOf, type DashboardRequest } from './request.js';
import { refusalPage } from './page.js';

/** A visitor who may not look, or may not do that. */
export class DashboardRefusal extends ForbiddenException {}

/** Answers a person with a page, and a program as Nest does. */
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

/** What the page fetches by itself never asks for HTML. */
function wantsPage(request: DashboardRequest): boolean {
  return !pathOf(request).includes('/assets/') && /\btext\/html\b/.test(request.headers.accept ?? '');
}
