import {
  BadRequestException,
  Body,
  Controller,
  Get,
  Inject,
  Param,
  NotFoundException,
  Post,
  Req,
  Res,
  ServiceUnavailableException,
  Sse,
  UseFilters,
  UseGuards,
  VERSION_NEUTRAL,
  type MessageEvent,
  type Type,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { concat, of, takeUntil, timer, type Observable } from 'rxjs';
import { FleetService, FleetUnavailableError, WorkStealingConfigError } from '../index.js';
import { Access } from './access.js';
import { perform, readAction } from './action.js';
import { ASSETS, ASSETS_VERSION } from './assets.generated.js';
import type { DashboardMount } from './dashboard.options.js';
import { FleetWatch } from './fleet-watch.js';
import { ClosingGuard, ReadGuard, SecurityHeadersGuard } from './guards.js';
import { dashboardPage } from './page.js';
import { DashboardRefusal, RefusalFilter } from './refusal.js';
import { pathOf, type DashboardRequest } from './request.js';
import { DEFAULT_PATH } from './settings.js';
import { writeOriginProblem } from './write-origin.js';

/** ms after which a stream ends and the page asks for another: whoever may no longer look sees no more. */
const LONGEST_STREAM = 300_000;
/** ms that a page waits before it asks again. */
const RETRY = 1000;

/**
 * What the page is made of. Handlers answer by themselves, so that interceptors that wrap what an application's own
 * handlers return do not wrap this.
 */
export class DashboardController {
  constructor(
    @Inject(FleetService) private readonly fleet: FleetService,
    @Inject(FleetWatch) private readonly watch: FleetWatch,
    @Inject(Access) private readonly access: Access,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {}

  @Get()
  page(@Req() request: unknown, @Res() response: unknown): void {
    this.#reply(response, 'text/html; charset=utf-8', dashboardPage(pathOf(request as DashboardRequest)));
  }

  @Get('assets/:version/:name')
  asset(@Param('version') version: string, @Param('name') name: string, @Res() response: unknown): void {
    const asset = Object.hasOwn(ASSETS, name) ? ASSETS[name] : undefined;
    if (asset === undefined) throw new NotFoundException();
    // Another version is asked for while a new release is rolled out: this one may do, but is not to be kept.
    if (version === ASSETS_VERSION) {
      this.host.httpAdapter.setHeader(response, 'Cache-Control', 'private, max-age=31536000, immutable');
    }
    this.#reply(response, asset.type, asset.text);
  }

  @Get('state')
  async state(@Req() request: unknown, @Res() response: unknown): Promise<void> {
    const viewer = await this.access.viewer(request as DashboardRequest);
    const snapshot = await this.watch.snapshot();
    this.#reply(response, 'application/json; charset=utf-8', JSON.stringify({ viewer, snapshot }));
  }

  @Sse('events')
  async events(@Req() request: unknown): Promise<Observable<MessageEvent>> {
    const viewer = await this.access.viewer(request as DashboardRequest);
    const first = { type: 'viewer', data: JSON.stringify(viewer), retry: RETRY };
    return concat(of(first), this.watch.events()).pipe(takeUntil(timer(LONGEST_STREAM)));
  }

  @Post('actions')
  async act(@Req() request: unknown, @Body() body: unknown, @Res() response: unknown): Promise<void> {
    const by = await this.#writer(request as DashboardRequest);
    const action = readAction(body);
    if (typeof action === 'string') throw new BadRequestException(action);
    try {
      await perform(this.fleet, action, by);
    } catch (error) {
      if (error instanceof WorkStealingConfigError) throw new BadRequestException(error.message);
      if (error instanceof FleetUnavailableError) throw new ServiceUnavailableException(error.message);
      throw error;
    }
    await this.watch.refresh();
    this.#reply(response, 'application/json; charset=utf-8', '{}');
  }

  /** @throws DashboardRefusal unless the visitor may write, and it is the visitor's own page that does. */
  async #writer(request: DashboardRequest): Promise<string> {
    const problem = writeOriginProblem(request.headers);
    if (problem !== undefined) throw new DashboardRefusal(`The write was refused: ${problem}.`);
    const by = await this.access.writer(request);
    if (by === undefined) throw new DashboardRefusal('You may look, but not change anything.');
    if (!this.access.hasToken(request, by)) {
      throw new DashboardRefusal('The write was refused: its token is wrong or too old. Reload the page.');
    }
    return by;
  }

  #reply(response: unknown, type: string, body: string): void {
    this.host.httpAdapter.setHeader(response, 'Content-Type', type);
    this.host.httpAdapter.reply(response, body, 200);
  }
}

/** A controller of its own for each place that a dashboard is mounted at. */
export function controllerAt({
  path = DEFAULT_PATH,
  guards = [],
}: DashboardMount): Type<DashboardController> {
  class MountedDashboardController extends DashboardController {}
  Controller({ path, version: VERSION_NEUTRAL })(MountedDashboardController);
  UseGuards(SecurityHeadersGuard, ClosingGuard, ...guards, ReadGuard)(MountedDashboardController);
  UseFilters(RefusalFilter)(MountedDashboardController);
  // As @ApiExcludeController() of @nestjs/swagger, which need not be there: this is no API of the application.
  Reflect.defineMetadata('swagger/apiExcludeController', [true], MountedDashboardController);
  return MountedDashboardController;
}
