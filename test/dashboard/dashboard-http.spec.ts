import { Agent, get as openStream, type IncomingMessage, type Server } from 'node:http';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { connect } from 'node:net';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { CACHE_MANAGER, CacheInterceptor, CacheModule } from '@nestjs/cache-manager';
import {
  Injectable,
  Logger,
  Module,
  SetMetadata,
  UnauthorizedException,
  VersioningType,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type INestApplication,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_GUARD, HttpAdapterHost, Reflector, RouterModule } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import { Recruiter, WorkStealingModule } from 'nestjs-work-stealing';
import { FleetService } from 'nestjs-work-stealing/fleet';
import { WorkStealingDashboardModule, type DashboardRequest } from 'nestjs-work-stealing/dashboard';
import { map, timeout, type Observable } from 'rxjs';
import request, { type Test as Call } from 'supertest';
import {
  job,
  roles,
  startDashboard,
  type DashboardApp,
  type DashboardAppOptions,
} from '../support/dashboard-app.js';

const PLATFORMS = ['express', 'fastify'] as const;
/**
 * ms in which an application closes that nobody keeps open: otherwise it waits for ever, or until the test ends. The
 * machine may stall it for seconds.
 */
const AT_ONCE = 20_000;

const fold = () => job('fold', 0.25, () => ({ done: 3, limit: 5 }));

jest.setTimeout(90_000);

let started: DashboardApp | undefined;

async function start(options: DashboardAppOptions = {}): Promise<DashboardApp> {
  started = await startDashboard({ providers: [fold()], ...options });
  return started;
}

afterEach(async () => {
  await started?.app.close();
  started = undefined;
});

const get = (path: string, role = 'reader') => request(started!.url).get(path).set('X-Role', role);

/** A write as the page makes it. */
function write(body: unknown, role = 'ann', path = '/work-stealing/actions'): Call {
  return request(started!.url)
    .post(path)
    .set({ 'X-Role': role, 'X-Work-Stealing': '1', 'Sec-Fetch-Site': 'same-origin' })
    .set('Content-Type', 'application/json')
    .send(typeof body === 'string' ? body : JSON.stringify(body));
}

const setRate = (rate: number) => ({ action: 'set-rate', id: 'fold', rate });

async function expectStatus(call: Call, status: number): Promise<void> {
  expect((await call).status).toBe(status);
}

/** The paths that a page refers to. */
function linksIn(html: string): string[] {
  return [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path!);
}

describe.each(PLATFORMS)('The dashboard on %s', (platform) => {
  it('serves a page that brings everything with it, behind a global prefix and with or without a slash', async () => {
    await start({ platform, prepare: (app) => app.setGlobalPrefix('api') });
    for (const path of platform === 'express'
      ? ['/api/work-stealing', '/api/work-stealing/']
      : ['/api/work-stealing']) {
      const page = await get(path)
        .expect(200)
        .expect('Content-Type', /text\/html/);
      const links = linksIn(page.text);
      expect(links).toHaveLength(5);
      for (const link of links) {
        const { pathname } = new URL(link, `${started!.url}${path}`);
        expect(pathname).toMatch(/^\/api\/work-stealing\/assets\//);
        const asset = await get(pathname).expect(200);
        expect(asset.headers['cache-control']).toBe('private, max-age=31536000, immutable');
        expect(asset.headers['content-type']).toMatch(/^(text\/(javascript|css)|image\/svg)/);
      }
    }
    await get('/work-stealing').expect(404);
  });

  it('serves its files to a page of another version, but not to be kept', async () => {
    await start({ platform });
    const other = await get('/work-stealing/assets/0000/main.js').expect(200);
    expect(other.headers['cache-control']).toBe('no-store');
    for (const name of ['other.js', '__proto__', 'constructor', '..%2Fmain.js']) {
      await get(`/work-stealing/assets/0000/${name}`).expect(404);
    }
  });

  it('sends the headers that keep a page safe with every answer, and with refusals', async () => {
    await start({ platform });
    const answers = [
      await get('/work-stealing').expect(200),
      await get('/work-stealing/state').expect(200),
      await request(started!.url).get('/work-stealing').expect(403),
      await write(setRate(0.1), 'reader').expect(403),
    ];
    for (const { headers } of answers) {
      expect(headers['content-security-policy']).toMatch(/^default-src 'none'; .*frame-ancestors 'none'/);
      expect(headers['content-security-policy']).not.toMatch(/unsafe|\*|http/);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['referrer-policy']).toBe('no-referrer');
      expect(headers['cache-control']).toBe('no-store');
      expect(headers['set-cookie']).toBeUndefined();
    }
  });

  it('shows nothing to whom authorize refuses: a page to people, JSON to programs', async () => {
    await start({ platform });
    const paths = ['', '/state', '/events', '/assets/1/main.js'].map((path) => `/work-stealing${path}`);
    for (const path of paths) {
      const { body } = await request(started!.url).get(path).expect(403).expect('Content-Type', /json/);
      expect(body).toMatchObject({ statusCode: 403, message: 'You may not see this dashboard.' });
    }
    const page = await request(started!.url).get('/work-stealing').set('Accept', 'text/html').expect(403);
    expect(page.headers['content-type']).toMatch(/text\/html/);
    expect(page.text).toContain('<h1>Not allowed</h1>');
    expect(page.text).not.toContain('assets');
  });

  it('hints once at an authorize that gives something else for a yes', async () => {
    const logger = { log: jest.fn(), error: jest.fn(), warn: jest.fn() };
    await start({ platform, dashboard: { authorize: () => 'ann' as unknown as boolean } });
    Logger.overrideLogger(logger);
    for (const _ of [1, 2]) await expectStatus(get('/work-stealing'), 403);
    Logger.overrideLogger(false);
    expect(logger.warn.mock.calls.map(([line]) => String(line))).toEqual([
      expect.stringContaining('authorize() of the dashboard returned a string; only true allows a visitor'),
    ]);
  });

  it('takes only true for a yes, and lets errors of authorize through as they are', async () => {
    const answers: unknown[] = ['yes', 1, {}, undefined, null];
    const authorize = () => answers.pop() as boolean;
    await start({ platform, dashboard: { authorize } });
    for (let left = answers.length; left > 0; left--) await expectStatus(get('/work-stealing'), 403);
    await started!.app.close();
    const refuse = () => Promise.reject(new UnauthorizedException('Sign in first'));
    await start({ platform, dashboard: { authorize: refuse } });
    await get('/work-stealing').expect(401, {
      statusCode: 401,
      error: 'Unauthorized',
      message: 'Sign in first',
    });
  });

  it('does what a writer asks, under the name of the writer', async () => {
    const { app } = await start({ platform });
    await write(setRate(0.125)).expect(200, '{}');
    await write({ action: 'pause', id: 'fold' }).expect(200);
    await write({ action: 'resume', recruiter: 'default', id: 'fold' }, 'bob').expect(200);
    await write({ action: 'run-once', id: 'fold' }).expect(200);
    await write({ action: 'pause' }).expect(200);
    expect(app.get(Recruiter).jobs[0]).toMatchObject({ rate: 0.125, counts: { partial: 1 }, paused: true });
    await write({ action: 'resume' }).expect(200);
    await write({ action: 'reset-rate', id: 'fold' }).expect(200);
    expect(app.get(Recruiter).jobs[0]).toMatchObject({ rate: 0.25, paused: false });
    const audit = await app.get(FleetService).audit();
    expect(audit.map(({ by, action }) => `${by} ${action}`).toReversed()).toEqual([
      'ann set-rate',
      'ann pause',
      'bob resume',
      'ann run-once',
      'ann pause',
      'ann resume',
      'ann reset-rate',
    ]);
  });

  it('refuses a write of somebody who may only look', async () => {
    const { app } = await start({ platform });
    const { body } = await write(setRate(0.125), 'reader').expect(403);
    expect(body).toMatchObject({ message: 'You may view this dashboard, but not change anything.' });
    expect(app.get(Recruiter).jobs[0]!.rate).toBe(0.25);
  });

  it('refuses a write that another site could have brought about', async () => {
    const { app } = await start({ platform });
    const { host } = new URL(started!.url);
    const json = { 'X-Role': 'ann', 'Content-Type': 'application/json' };
    const ours = { ...json, 'X-Work-Stealing': '1' };
    const refused: Record<string, string>[] = [
      { ...json, 'Sec-Fetch-Site': 'same-origin' },
      { ...ours },
      ...['cross-site', 'same-site', 'none', ''].map((site) => ({ ...ours, 'Sec-Fetch-Site': site })),
      { ...ours, 'Sec-Fetch-Site': 'cross-site', Origin: `http://${host}` },
      { ...ours, Origin: 'https://evil.example' },
      { ...ours, Origin: 'null' },
      { ...ours, Origin: `http://${host}.evil.example` },
      { ...ours, 'Sec-Fetch-Site': 'same-origin', 'Content-Type': 'text/plain' },
    ];
    for (const headers of refused) {
      const call = request(started!.url).post('/work-stealing/actions').set(headers);
      const { status } = await call.send(JSON.stringify(setRate(0.125)));
      expect([headers, status]).toEqual([headers, 403]);
    }
    expect(app.get(Recruiter).jobs[0]!.rate).toBe(0.25);
    const accepted = [
      { ...ours, Origin: `http://${host}` },
      { ...ours, Origin: 'https://ops.example', 'X-Forwarded-Host': 'ops.example' },
    ];
    for (const headers of accepted) {
      await request(started!.url)
        .post('/work-stealing/actions')
        .set(headers)
        .send(setRate(0.125))
        .expect(200);
    }
  });

  it('answers 4xx to what makes no sense, and says why', async () => {
    const { app } = await start({ platform });
    const bodies: [unknown, (RegExp | undefined)?][] = [
      ['{', undefined],
      ['[]', /the body is/],
      ['null'],
      ['7'],
      [{}, /action is undefined/],
      [{ action: 'drop', id: 'fold' }, /expected one of set-rate/],
      [{ action: 'constructor', id: 'fold' }, /expected one of set-rate/],
      [{ action: 'run-once' }, /id is undefined/],
      [{ action: 'pause', id: 7 }, /id is 7/],
      [{ action: 'pause', id: 'fold', recruiter: {} }, /recruiter is/],
      [{ action: 'pause', id: 'fold', by: 'root' }, /unknown in the body: 'by'/],
      ['{"action":"pause","id":"fold","__proto__":{}}', undefined],
      [{ action: 'set-rate', id: 'fold' }, /rate is undefined/],
      [{ action: 'set-rate', id: 'fold', rate: '0.1' }, /rate is '0.1'/],
      [{ action: 'set-rate', id: 'fold', rate: 2 }, /rate is 2/],
      [{ action: 'set-rate', id: 'fold', rate: -1 }, /rate is -1/],
      ['{"action":"set-rate","id":"fold","rate":1e999}', /rate is Infinity/],
      [{ action: 'pause', id: 'fold', rate: 0.1 }, /rate is 0.1/],
      [{ action: 'pause', id: 'nobody' }, /No process of the fleet has a job "nobody"/],
      [{ action: 'pause', id: 'x'.repeat(600) }, /id/],
      [{ action: 'pause', recruiter: 'nobody' }, /recruiter "nobody"/],
    ];
    for (const [body, message] of bodies) {
      const answer = await write(body);
      expect([body, answer.status]).toEqual([body, 400]);
      if (message !== undefined) expect((answer.body as { message: string }).message).toMatch(message);
    }
    await write('x'.repeat(3_000_000)).expect(413);
    await write(setRate(0.1), 'ann', '/work-stealing/nothing').expect(404);
    const put = request(started!.url).put('/work-stealing/actions').set({ 'X-Role': 'ann' });
    expect((await put).status).toBe(404);
    await get('/work-stealing/actions').expect(404);
    expect(await app.get(FleetService).audit()).toEqual([]);
  });

  it('gives a page without events the same, each time anew', async () => {
    await start({ platform });
    await write({ action: 'run-once', id: 'fold' }).expect(200);
    const { body } = await get('/work-stealing/state', 'ann').expect(200);
    expect(body).toMatchObject({
      viewer: { by: 'ann', token: '1' },
      snapshot: {
        interval: 250,
        scope: 'process',
        jobs: [{ ref: 0, id: 'fold', rate: 0.25, counts: { partial: 1 }, items: 3 }],
        processes: [{ pid: process.pid, isSelf: true }],
        totals: { processes: 1, inFlight: 0 },
        audit: [{ by: 'ann', action: 'run-once' }],
        problem: null,
      },
    });
    const reader = await get('/work-stealing/state').expect(200);
    expect(reader.body).toMatchObject({ viewer: { by: null, token: null } });
  });

  it('sends events: who the visitor is, everything, then what changes; and ends them when it closes', async () => {
    const { app, url } = await start({ platform });
    const stream = new EventsOf(`${url}/work-stealing/events`, { 'X-Role': 'ann' });
    expect(await stream.next()).toEqual(['viewer', { by: 'ann', token: '1' }]);
    expect(await stream.next()).toMatchObject(['snapshot', { jobs: [{ id: 'fold' }], samples: [] }]);
    await app.get(Recruiter).recruit('fold');
    const changed = await stream.until(([, { jobs }]) => (jobs as unknown[]).length > 0);
    expect(changed).toMatchObject([
      'update',
      {
        jobs: [{ id: 'fold', counts: { partial: 1 } }],
        order: null,
        audit: null,
        sample: { jobs: [[0, 0, 1, 0, 0, 0, 0]] },
      },
    ]);
    const quiet = await stream.next();
    expect(quiet).toMatchObject(['update', { order: null, sample: { jobs: [] } }]);
    await app.close();
    await stream.ended;
  });

  it('lets go of connections that ask on while it closes', async () => {
    let goOn = () => {};
    const held = new Promise<void>((resolve) => (goOn = resolve));
    const slow = { provide: 'slow', useValue: { beforeApplicationShutdown: () => held } };
    const { app, url } = await start({ platform, providers: [fold(), slow] });
    // Neither side lets go of the connection by itself, however long the machine stalls.
    (app.getHttpServer() as Server).keepAliveTimeout = 0;
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const stream = new EventsOf(`${url}/work-stealing/events`, { 'X-Role': 'ann' }, agent);
    await stream.until(([type]) => type === 'snapshot');
    const closed = app.close();
    await stream.ended;
    // As the browser does, over the connection that it still has.
    const answer = await new Promise<string>((resolve) => {
      const call = openStream(`${url}/work-stealing/state`, { headers: { 'X-Role': 'ann' }, agent });
      call.on('response', (response) => {
        response.resume();
        resolve(`${response.statusCode} ${response.headers.connection}`);
      });
      call.on('error', (error) => resolve(error.message));
    });
    expect(answer).toBe('503 close');
    goOn();
    await closed;
    agent.destroy();
  });

  it.each(['events', 'state'])(
    'keeps no application from closing where a viewer asleep has not read its %s',
    async (what) => {
      const failing = () => {
        throw new Error('a row of the answer, '.repeat(100));
      };
      const providers = Array.from({ length: 1000 }, (_, index) => job(`failing ${index}`, 0.0001, failing));
      const hook = jest.fn();
      const last = { provide: 'last', useValue: { onApplicationShutdown: hook } };
      const { app, url } = await start({ platform, providers: [...providers, last] });
      const recruiter = app.get(Recruiter);
      for (const { id } of recruiter.jobs) await recruiter.recruit(id);
      const { port } = new URL(url);
      const sleeper = connect(Number(port), '127.0.0.1');
      sleeper.on('error', () => undefined);
      sleeper.write(`GET /work-stealing/${what} HTTP/1.1\r\nHost: x\r\nX-Role: ann\r\n\r\n`);
      await new Promise((resolve) => sleeper.once('readable', resolve));
      // All of it is more than the sockets of both sides hold.
      const begun = performance.now();
      await app.close();
      expect(performance.now() - begun).toBeLessThan(AT_ONCE);
      expect(hook).toHaveBeenCalled();
      sleeper.destroy();
    },
  );

  it('keeps no application from closing where somebody listens on a connection that is kept alive', async () => {
    const { app, url } = await start({ platform });
    // A client that asks nothing more would be waited for until this has passed: here, for ever.
    (app.getHttpServer() as Server).keepAliveTimeout = 0;
    const agent = new Agent({ keepAlive: true });
    const stream = new EventsOf(`${url}/work-stealing/events`, { 'X-Role': 'ann' }, agent);
    await stream.until(([type]) => type === 'snapshot');
    await expect(app.close()).resolves.toBeUndefined();
    await stream.ended;
    agent.destroy();
  });

  it('stands where Nest is told, whatever else the application does with its answers', async () => {
    const { app } = await start({
      platform,
      dashboard: { ...roles, path: 'ops/stealing' },
      imports: [RouterModule.register([{ path: 'inner', module: WorkStealingDashboardModule }])],
      prepare: (nest) => {
        nest.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
        nest.useGlobalInterceptors(new Wrapping());
        nest.useGlobalPipes();
      },
    });
    const page = await get('/inner/ops/stealing').expect(200);
    expect(page.text).toMatch(/^<!doctype html>/);
    const { body } = await get('/inner/ops/stealing/state').expect(200);
    expect(body).toMatchObject({ snapshot: { scope: 'process' } });
    await write(setRate(0.125), 'ann', '/inner/ops/stealing/actions').expect(200, '{}');
    const document = SwaggerModule.createDocument(app, new DocumentBuilder().build());
    expect(Object.keys(document.paths)).toEqual([]);
  });

  it.each<[string, (app: INestApplication) => NestInterceptor[]]>([
    ['wrap it', () => [new Wrapping()]],
    ['leave nothing of it', () => [new Emptying()]],
    ['are in a hurry', () => [new Hurried()]],
    ['cache it', (app) => [cacheOf(app)]],
    ['cache what others wrapped', (app) => [cacheOf(app), new Wrapping()]],
  ])('answers each visitor as ever where interceptors of the application %s', async (_what, make) => {
    const imports = [CacheModule.register({ ttl: 60_000 })];
    const { url } = await start({
      platform,
      imports,
      prepare: (app) => app.useGlobalInterceptors(...make(app)),
    });
    for (const name of ['ann', 'bob']) {
      expect((await get('/work-stealing', name).expect(200)).text).toMatch(/^<!doctype html>/);
      const { body } = await get('/work-stealing/state', name).expect(200);
      expect(body).toMatchObject({ viewer: { by: name }, snapshot: { jobs: [{ id: 'fold' }] } });
      const stream = new EventsOf(`${url}/work-stealing/events`, { 'X-Role': name });
      expect(await stream.next()).toEqual(['viewer', { by: name, token: '1' }]);
      expect(await stream.next()).toMatchObject(['snapshot', { jobs: [{ id: 'fold' }] }]);
      expect(await stream.next()).toMatchObject(['update', {}]);
      stream.leave();
    }
  });

  it('sends events with the headers that the application adds, and none that let a proxy hold them back', async () => {
    const { url } = await start({
      platform,
      prepare: (app) => app.enableCors({ origin: 'https://ops.example' }),
    });
    const { headers } = await new Promise<IncomingMessage>((resolve, reject) => {
      const call = openStream(`${url}/work-stealing/events`, { headers: { 'X-Role': 'ann' } }, (response) => {
        resolve(response);
        response.destroy();
      });
      call.on('error', reject);
    });
    expect(headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      'content-security-policy': expect.stringMatching(/^default-src 'none'/),
      'access-control-allow-origin': 'https://ops.example',
    });
  });

  it('lets the application’s own guards find what they look for on a controller', async () => {
    const imports = [{ module: TicketsModule, providers: [{ provide: APP_GUARD, useClass: PublicOnly }] }];
    await start({ platform, imports });
    await get('/work-stealing').expect(401);
    await started!.app.close();
    await start({ platform, imports, dashboard: { ...roles, decorators: [Public()] } });
    for (const path of ['', '/state']) await get(`/work-stealing${path}`).expect(200);
    await request(started!.url).get('/work-stealing').expect(403);
  });

  it('runs the guards that it is given before authorize, with what they need', async () => {
    await start({
      platform,
      dashboard: {
        guards: [TicketGuard],
        imports: [TicketsModule],
        authorize: ({ user }: DashboardRequest) => user === 'ann',
      },
    });
    const refused = await get('/work-stealing').expect(401);
    expect(refused.headers['www-authenticate']).toBe('Ticket');
    expect(refused.headers['content-security-policy']).toMatch(/default-src 'none'/);
    await get('/work-stealing').set('X-Ticket', 'bob').expect(403);
    await get('/work-stealing').set('X-Ticket', 'ann').expect(200);
  });

  it('asks writes for a token that it gave to the same visitor, where there is a secret', async () => {
    await start({ platform, dashboard: { ...roles, secret: 'a secret of all processes' } });
    const tokenOf = async (role: string) => {
      const { body } = await get('/work-stealing/state', role);
      return (body as { viewer: { token: string } }).viewer.token;
    };
    const bobs = await tokenOf('bob');
    for (const token of ['1', '', 'a.b', bobs, `${bobs}x`]) {
      const { body } = await write(setRate(0.125)).set('X-Work-Stealing', token).expect(403);
      expect((body as { message: string }).message).toMatch(/token is invalid or has expired/);
    }
    await write(setRate(0.125))
      .set('X-Work-Stealing', await tokenOf('ann'))
      .expect(200);
  });

  it('refuses names that the audit list would not take', async () => {
    const names: unknown[] = [true, 7, {}, ' ', 'x'.repeat(201), '', null];
    await start({
      platform,
      dashboard: { authorize: () => true, authorizeWrite: () => names.pop() as string },
    });
    for (let left = names.length; left > 0; left--) await expectStatus(write(setRate(0.125)), 403);
  });

  it('is shut to everybody where there is no authorize, and says why', async () => {
    const { app } = await start({ platform, dashboard: { authorizeWrite: () => 'ann' } });
    for (const path of ['', '/state', '/events', '/assets/1/main.js']) {
      const { body } = await get(`/work-stealing${path}`).expect(403);
      expect(body).toMatchObject({
        message: expect.stringMatching(/is closed: pass `authorize: \(request\) => boolean` to forRoot\(\)/),
      });
    }
    await expectStatus(write(setRate(0.125)), 403);
    expect(app.get(Recruiter).jobs[0]!.rate).toBe(0.25);
  });
});

describe('WorkStealingDashboardModule', () => {
  const compile = (dashboard: object) =>
    Test.createTestingModule({
      imports: [WorkStealingModule.forRoot(), WorkStealingDashboardModule.forRoot(dashboard)],
    }).compile();

  it('refuses to start in production without authorize, and says why', async () => {
    const before = process.env['NODE_ENV'];
    process.env['NODE_ENV'] = 'production';
    try {
      await expect(compile({})).rejects.toThrow(/authorize is missing, and NODE_ENV is production/);
      const module = await compile({ authorize: () => true });
      await module.close();
    } finally {
      process.env['NODE_ENV'] = before;
    }
  });

  it('says that WorkStealingModule is missing', async () => {
    const imports = [WorkStealingDashboardModule.forRoot({ authorize: () => true })];
    await expect(Test.createTestingModule({ imports }).compile()).rejects.toThrow(
      'WorkStealingDashboardModule: WorkStealingModule.forRoot() is not imported',
    );
  });

  it.each([null, 5, 'shut', true])('refuses %p for options', async (options) => {
    const refusal = /WorkStealingDashboardModule: options are .*; expected an object/;
    await expect(compile(options as unknown as object)).rejects.toThrow(refusal);
  });

  it('lists all that is wrong with its options', async () => {
    const wrong = {
      path: 7,
      guards: [1],
      authorize: 'no',
      interval: 10,
      secret: 'short',
      authorise: () => true,
    };
    const error = await compile(wrong).catch((problem: Error & { problems: string[] }) => problem);
    expect(error).toMatchObject({ name: 'WorkStealingConfigError' });
    expect((error as { problems: string[] }).problems).toEqual([
      expect.stringMatching(/^unknown option 'authorise'/),
      expect.stringMatching(/^path is 7/),
      expect.stringMatching(/^guards has 1/),
      expect.stringMatching(/^authorize is 'no'/),
      expect.stringMatching(/^interval is 10/),
      'secret is a string of 5 characters; expected a string of 16 characters or more',
    ]);
    await expect(compile({ guards: [() => true], imports: 7 })).rejects.toThrow(
      /imports is 7.*guards has \[Function/,
    );
    await expect(compile({ guards: 7, interval: NaN, secret: 1 })).rejects.toThrow(
      /guards is 7.*interval is NaN/,
    );
  });

  it('takes options from a factory', async () => {
    const testing = await Test.createTestingModule({
      imports: [
        WorkStealingModule.forRoot(),
        WorkStealingDashboardModule.forRootAsync({
          path: 'jobs',
          imports: [TicketsModule],
          inject: [Tickets],
          useFactory: (tickets: Tickets) => ({
            authorize: ({ headers }) => tickets.isValid(headers['x-ticket']),
          }),
        }),
      ],
    }).compile();
    const app = testing.createNestApplication({ logger: false });
    await app.listen(0, '127.0.0.1');
    started = { app, url: await app.getUrl() };
    await expectStatus(get('/jobs'), 403);
    await expectStatus(get('/jobs').set('X-Ticket', 'ann'), 200);
  });
});

@Injectable()
class Tickets {
  isValid(ticket: unknown): boolean {
    return ticket === 'ann' || ticket === 'bob';
  }
}

@Module({ providers: [Tickets], exports: [Tickets] })
class TicketsModule {}

@Injectable()
class TicketGuard implements CanActivate {
  constructor(private readonly tickets: Tickets) {}

  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    const visitor = http.getRequest<{ headers: Record<string, string>; user?: string }>();
    const ticket = visitor.headers['x-ticket'];
    if (!this.tickets.isValid(ticket)) {
      http.getResponse<{ header(name: string, value: string): void }>().header('WWW-Authenticate', 'Ticket');
      throw new UnauthorizedException();
    }
    visitor.user = ticket!;
    return true;
  }
}

const Public = () => SetMetadata('isPublic', true);

@Injectable()
class PublicOnly implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    if (this.reflector.getAllAndOverride('isPublic', [context.getHandler(), context.getClass()]) === true)
      return true;
    throw new UnauthorizedException();
  }
}

function cacheOf(app: INestApplication): CacheInterceptor {
  const interceptor = new CacheInterceptor(app.get(CACHE_MANAGER), app.get(Reflector));
  Object.assign(interceptor, { httpAdapterHost: app.get(HttpAdapterHost) });
  return interceptor;
}

class Emptying implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map(() => ({})));
  }
}

class Hurried implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(timeout(200));
  }
}

/** As many applications do with what their handlers return. */
class Wrapping implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler) {
    return next.handle().pipe(map((data: unknown) => ({ data })));
  }
}

type Event = [type: string, data: Record<string, unknown>];

/** Reads server-sent events. */
class EventsOf {
  readonly ended: Promise<void>;
  readonly #events: Event[] = [];
  #wake = () => {};
  #text = '';
  leave = () => {};

  constructor(url: string, headers: Record<string, string>, agent: Agent | false = false) {
    this.ended = new Promise((resolve, reject) => {
      const call = openStream(url, { headers, agent }, (response) => {
        response.setEncoding('utf8');
        response.on('data', (text: string) => this.#read(text));
        response.on('end', resolve);
        response.on('error', reject);
      });
      call.on('error', reject);
      this.leave = () => {
        void this.ended.catch(() => undefined);
        call.destroy();
      };
    });
  }

  async next(): Promise<Event> {
    while (this.#events.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#events.shift()!;
  }

  async until(isWanted: (event: Event) => boolean): Promise<Event> {
    let event = await this.next();
    while (!isWanted(event)) event = await this.next();
    return event;
  }

  #read(text: string): void {
    this.#text += text;
    const blocks = this.#text.split('\n\n');
    this.#text = blocks.pop()!;
    for (const block of blocks) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
      const data = field('data');
      if (data !== undefined) this.#events.push([field('event') ?? 'message', JSON.parse(data) as Event[1]]);
    }
    this.#wake();
  }
}

describe('The dashboard over HTTP/2', () => {
  let session: ClientHttp2Session | undefined;

  afterEach(() => session?.destroy());

  it.each([
    ['reads', false],
    ['sleeps, so that its stream has no room left', true],
  ])('keeps no application from closing where a viewer %s', async (_what, isAsleep) => {
    const hook = jest.fn();
    const last = { provide: 'last', useValue: { onApplicationShutdown: hook } };
    const jobs = Array.from({ length: 1000 }, (_, index) =>
      job(`${index} ${'long'.repeat(100)}`, 0.0001, () => undefined),
    );
    const { app, url } = await start({ platform: 'fastify', isHttp2: true, providers: [...jobs, last] });
    session = connectHttp2(url);
    session.on('error', () => undefined);
    const stream = session.request({ ':path': '/work-stealing/events', 'x-role': 'ann' });
    stream.on('error', () => undefined);
    const [first] = await new Promise<[string]>((resolve) => {
      stream.once('data', (chunk: Buffer) => {
        if (isAsleep) stream.pause();
        resolve([chunk.toString()]);
      });
    });
    expect(first).toContain('retry: ');
    // Its snapshot is larger than what a stream holds.
    await new Promise((resolve) => setTimeout(resolve, 600));
    const begun = performance.now();
    await app.close();
    expect(performance.now() - begun).toBeLessThan(AT_ONCE);
    expect(hook).toHaveBeenCalled();
  });
});
