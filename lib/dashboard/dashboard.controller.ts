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
import { answerByHand, Answers, responseOf } from './answers.js';
import { ASSETS, ASSETS_VERSION } from './assets.generated.js';
import type { DashboardMount } from './dashboard.options.js';
import { EventStream } from './event-stream.js';
import { FleetWatch } from './fleet-watch.js';
import { ClosingGuard, ReadGuard, SecurityHeadersGuard } from './guards.js';
import { dashboardPage } from './page.js';
import { placeOfPage } from './page-place.js';
import { DashboardRefusal, RefusalFilter } from './refusal.js';
import { forwardedPrefix, pathOf, type DashboardRequest } from './request.js';
import { DEFAULT_PATH } from './settings.js';
import { writeOriginProblem } from './write-origin.js';

/**
 * A `CacheInterceptor` of the whole application would keep what this returns, which is nothing, and answer the next
 * visitor with it. The name is that of `@CacheKey()` of @nestjs/cache-manager, which need not be there.
 */
const NotCached = () => SetMetadata('cache_module:cache_key', () => undefined);

/**
 * What the page is made of. Handlers answer by themselves, so that interceptors that wrap what an application's own
 * handlers return do not wrap this.
 */
export class DashboardController {
  constructor(
    @Inject(FleetService) private readonly fleet: FleetService,
    @Inject(FleetWatch) private readonly watch: FleetWatch,
    @Inject(Access) private readonly access: Access,
    @Inject(Answers) private readonly answers: Answers,
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
    // Another version is asked for while a new release is rolled out: this one may do, but is not to be kept.
    if (version === ASSETS_VERSION) {
      this.host.httpAdapter.setHeader(response, 'Cache-Control', 'private, max-age=31536000, immutable');
    }
    this.#reply(response, asset.type, asset.text);
  }

  @Get('state')
  @NotCached()
  async state(@Req() request: unknown, @Res() response: unknown): Promise<void> {
    const viewer = await this.access.viewer(request as DashboardRequest);
    const snapshot = await this.watch.snapshot();
    this.#reply(response, 'application/json; charset=utf-8', JSON.stringify({ viewer, snapshot }));
  }

  @Get('events')
  @NotCached()
  async events(@Req() request: unknown, @Res() response: unknown): Promise<void> {
    const viewer = await this.access.viewer(request as DashboardRequest);
    const raw = answerByHand(response);
    const stream = new EventStream(raw, () => this.watch.everything());
    this.answers.track(raw, () => stream.end());
    stream.start(JSON.stringify(viewer), this.watch.events());
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
    this.answers.track(responseOf(response));
    this.host.httpAdapter.setHeader(response, 'Content-Type', type);
    this.host.httpAdapter.reply(response, body, 200);
  }
}

/** Steps of the longest path that {@link MovedDashboardController} finds repeated. */
const MOST_STEPS = 4;

/**
 * Behind a proxy that puts the page's path in the place of another one (`/films` becomes `/work-stealing`), instead of
 * taking something off in front of it, the files of the page are asked for under its path twice.
 */
class MovedDashboardController extends DashboardController {
  @Get(
    Array.from({ length: MOST_STEPS }, (_, more) => {
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

/** A controller of its own for each place that a dashboard is mounted at. */
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
  // As @ApiExcludeController() of @nestjs/swagger, which need not be there: this is no API of the application.
  Reflect.defineMetadata('swagger/apiExcludeController', [true], MountedDashboardController);
  return MountedDashboardController;
}
