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
  SetMetadata,
  UseFilters,
  UseGuards,
  VERSION_NEUTRAL,
  type Type,
} from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost } from '@nestjs/core';
import { FleetUnavailableError } from '../fleet/fleet.js';
import { FleetService } from '../fleet/fleet.service.js';
import { WorkStealingConfigError } from '../options/errors.js';
import { Access } from './access.js';
import { perform, readAction } from './action.js';
import { ASSETS, ASSETS_VERSION } from './assets.generated.js';
import { DEFAULT_PATH, type DashboardMount } from './dashboard.options.js';
import { EventStream } from './event-stream.js';
import { FleetMonitor } from './fleet-monitor.js';
import { ClosingGuard, DashboardRefusal, ReadGuard, RefusalFilter, SecurityHeadersGuard } from './guards.js';
import { OpenResponses, responseOf, takeOverResponse } from './open-responses.js';
import { dashboardPage } from './page.js';
import { placeOfPage } from './page-place.js';
import { forwardedPrefix, pathOf, type DashboardRequest } from './request.js';
import { writeOriginProblem } from './write-origin.js';

/**
 * Keeps a `CacheInterceptor` of the whole application from caching the return value of a handler, which is undefined, and
 * sending it to the next visitor. Sets the metadata of `@CacheKey()` of @nestjs/cache-manager, which may not be installed.
 */
const NotCached = () => SetMetadata('cache_module:cache_key', () => undefined);

/**
 * Serves the page, its files, its data and its writes. Handlers write the response themselves, so that interceptors that
 * wrap the results of the application's handlers do not wrap these.
 */
export class DashboardController {
  constructor(
    @Inject(FleetService) private readonly fleet: FleetService,
    @Inject(FleetMonitor) private readonly monitor: FleetMonitor,
    @Inject(Access) private readonly access: Access,
    @Inject(OpenResponses) private readonly responses: OpenResponses,
    @Inject(HttpAdapterHost) protected readonly host: HttpAdapterHost,
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
  ) {}

  @Get()
  @NotCached()
  page(@Req() request: unknown, @Res() response: unknown): void {
    const { folder, problem } = placeOfPage(request as DashboardRequest, this.config);
    if (problem !== undefined) this.access.warnOnce(problem);
    this.#reply(response, 'text/html; charset=utf-8', dashboardPage(folder));
  }

  @NotCached()
  @Get('assets/:version/:name')
  asset(@Param('version') version: string, @Param('name') name: string, @Res() response: unknown): void {
    const asset = Object.hasOwn(ASSETS, name) ? ASSETS[name] : undefined;
    if (asset === undefined) throw new NotFoundException();
    // While a new release is rolled out, pages of another version request theirs: they get this one, but must not cache it.
    if (version === ASSETS_VERSION) {
      this.host.httpAdapter.setHeader(response, 'Cache-Control', 'private, max-age=31536000, immutable');
    }
    this.#reply(response, asset.type, asset.text);
  }

  @Get('state')
  @NotCached()
  async state(@Req() request: unknown, @Res() response: unknown): Promise<void> {
    const viewer = await this.access.viewer(request as DashboardRequest);
    const snapshot = await this.monitor.snapshot();
    this.#reply(response, 'application/json; charset=utf-8', JSON.stringify({ viewer, snapshot }));
  }

  @Get('events')
  @NotCached()
  async events(@Req() request: unknown, @Res() response: unknown): Promise<void> {
    const viewer = await this.access.viewer(request as DashboardRequest);
    const raw = takeOverResponse(response);
    const stream = new EventStream(raw, () => this.monitor.snapshotEvent());
    this.responses.track(raw, () => stream.end());
    stream.start(JSON.stringify(viewer), this.monitor.events());
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
    await this.monitor.refresh();
    this.#reply(response, 'application/json; charset=utf-8', '{}');
  }

  /** @throws DashboardRefusal unless the visitor may write, and the request comes from the dashboard's own page. */
  async #writer(request: DashboardRequest): Promise<string> {
    const problem = writeOriginProblem(request.headers);
    if (problem !== undefined) throw new DashboardRefusal(`The write was refused: ${problem}.`);
    const by = await this.access.writer(request);
    if (by === undefined) throw new DashboardRefusal('You may view this dashboard, but not change anything.');
    if (!this.access.hasToken(request, by)) {
      throw new DashboardRefusal(
        'The write was refused: its token is invalid or has expired. Reload the page.',
      );
    }
    return by;
  }

  #reply(response: unknown, type: string, body: string): void {
    this.responses.track(responseOf(response));
    this.host.httpAdapter.setHeader(response, 'Content-Type', type);
    this.host.httpAdapter.reply(response, body, 200);
  }
}

/** Maximum of path segments that {@link MovedDashboardController} recognizes as repeated. */
const MAX_SEGMENTS = 4;

/**
 * For a proxy that replaces another path by that of the page (`/films` becomes `/work-stealing`) instead of removing a
 * prefix: the files of the page are then requested with its path twice.
 */
class MovedDashboardController extends DashboardController {
  @Get(
    Array.from({ length: MAX_SEGMENTS }, (_, more) => {
      const steps = Array.from({ length: more + 1 }, (_step, index) => `:step${index}`);
      return `${steps.join('/')}/assets/:version/:name`;
    }),
  )
  moved(@Req() request: unknown, @Res() response: unknown): void {
    const { headers } = request as DashboardRequest;
    const [, , rest] = /^(\/.+)\1(\/assets\/[^/]+\/[^/]+)$/.exec(pathOf(request as DashboardRequest)) ?? [];
    const taken = forwardedPrefix(headers);
    if (rest === undefined || taken === '') throw new NotFoundException();
    this.host.httpAdapter.redirect(response, 302, taken + rest);
  }
}

/** Creates a controller class for each mounted dashboard. */
export function controllerAt({
  path = DEFAULT_PATH,
  guards = [],
  decorators = [],
}: DashboardMount): Type<DashboardController> {
  const isRoot = /^\/*$/.test(path);
  class MountedDashboardController extends (isRoot ? DashboardController : MovedDashboardController) {}
  Controller({ path, version: VERSION_NEUTRAL })(MountedDashboardController);
  UseGuards(SecurityHeadersGuard, ClosingGuard)(MountedDashboardController);
  for (const decorate of decorators) decorate(MountedDashboardController);
  UseGuards(...guards, ReadGuard)(MountedDashboardController);
  UseFilters(RefusalFilter)(MountedDashboardController);
  // Sets the metadata of @ApiExcludeController() of @nestjs/swagger, which may not be installed.
  Reflect.defineMetadata('swagger/apiExcludeController', [true], MountedDashboardController);
  return MountedDashboardController;
}
