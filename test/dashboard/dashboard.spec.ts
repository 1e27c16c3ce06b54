import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Recruiter } from 'nestjs-work-stealing';
import { FleetService } from 'nestjs-work-stealing/fleet';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { eventually, useChromium, type WatchedPage } from '../support/chromium.js';
import { compileLib, type CompiledLib } from '../support/compile-lib.js';
import {
  job,
  period,
  roles,
  startDashboard,
  type DashboardApp,
  type DashboardAppOptions,
} from '../support/dashboard-app.js';
import { useRedis } from '../support/redis.js';
import { freePort } from '../../scripts/redis/free-port.mjs';

/** A page that has lost its server waits before it says so, and before it asks again. */
jest.setTimeout(240_000);

const browser = useChromium();

let started: DashboardApp | undefined;
let shown: WatchedPage | undefined;

afterEach(async () => {
  await shown?.page.context().close();
  await started?.app.close();
  [started, shown] = [undefined, undefined];
});

const broken = () => {
  throw new Error('no <b>connection</b>');
};
const backfill = {
  backlog: () => 1500,
  progress: () => ({ done: 500, total: 2000, eta: new Date(Date.now() + 90_000) }),
};
const JOBS = [
  job('fold', 0.25, () => ({ done: 3, limit: 5 })),
  job('broken', 0.125, broken),
  job('backfill', 0.0625, () => ({ done: 5, limit: 5 }), backfill),
];

/** Once an hour in each process; its first pass begins at once. */
const PURGE = period('purge', 3_600_000, () => ({ done: 7, limit: 20 }));
/** With the default rate. */
const PLAIN = period('plain', undefined, () => ({ done: 1, limit: 2 }));

const WRITER = { extraHTTPHeaders: { 'X-Role': 'ann' } };
const READER = { extraHTTPHeaders: { 'X-Role': 'reader' } };

/** What stands in front of the dashboard when a session has ended. */
interface EndOfSession {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly contentType?: string;
  readonly body?: string;
}

interface Shown {
  readonly page: Page;
  readonly app: DashboardApp['app'];
  readonly recruiter: Recruiter;
}

async function show(
  options: DashboardAppOptions = {},
  visitor: Parameters<typeof browser.open>[1] = WRITER,
  path = '',
) {
  started = await startDashboard({ providers: JOBS, ...options });
  shown = await browser.open(`${started.url}${path}/work-stealing`, visitor);
  const { page } = shown;
  await live(page);
  return { page, app: started.app, recruiter: started.app.get(Recruiter) } satisfies Shown;
}

const live = (page: Page) => page.locator('.connection[data-state="live"]').waitFor();

/** The row of a job; ids are quoted as Playwright wants them. */
const row = (page: Page, id: string) =>
  page.locator('tbody.job').filter({ has: page.getByRole('button', { name: id, exact: true }) });

const cell = (page: Page, id: string, label: string) => row(page, id).locator(`td[data-label="${label}"]`);

const text = (page: Page, id: string, label: string) => cell(page, id, label).innerText();

/** What a program for the blind would read out of the page's plots. */
const outcomes = (page: Page, id: string) =>
  cell(page, id, 'Outcomes, 5 min').getByRole('img').getAttribute('aria-label');

const press = (page: Page, id: string, label: string) =>
  row(page, id)
    .getByRole('button', { name: `${label} ${id}` })
    .click();

const overflow = (page: Page) => page.evaluate('document.documentElement.scrollWidth - window.innerWidth');

describe.each([
  ['Express', { platform: 'express' }, ''],
  [
    'Fastify with a global prefix',
    { platform: 'fastify', prepare: (app) => app.setGlobalPrefix('api') },
    '/api',
  ],
] satisfies [string, DashboardAppOptions, string][])(
  'The page of the dashboard on %s',
  (_name, options, path) => {
    it('shows jobs, processes and errors, and follows them without being asked or complaining', async () => {
      const { page, recruiter } = await show(options, WRITER, path);
      // A process that is stalled while it asks a job what waits says so with a later update.
      await eventually(
        () => text(page, 'backfill', 'Waiting'),
        (waiting) => /1,500[^]*500 of 2,000, 25 %, 1 min \d+ s left/.test(waiting),
      );
      expect(await row(page, 'backfill').getByRole('progressbar').getAttribute('value')).toBe('0.25');
      await recruiter.recruit('fold');
      await recruiter.recruit('broken');
      await eventually(
        () => outcomes(page, 'fold'),
        (label) => label === 'Slices of the last five minutes: 1 partial',
      );
      await eventually(
        () => outcomes(page, 'broken'),
        (label) => label?.endsWith(': 1 failed') === true,
      );
      expect(await cell(page, 'fold', 'p50 / p99').innerText()).toMatch(/^[\d.]+ \/ [\d.]+ ms$/);
      await row(page, 'broken').getByRole('button', { name: 'broken', exact: true }).click();
      const error = row(page, 'broken').locator('pre');
      expect(await error.innerText()).toMatch(/^Error: no <b>connection<\/b>\n +at /);
      expect(await error.locator('b').count()).toBe(0);
      expect(await page.getByRole('table', { name: 'Processes of the fleet' }).innerText()).toContain(
        `${process.pid}`,
      );
      expect(shown!.complaints).toEqual([]);
    });

    it('sets a rate and takes it back, by keyboard, and says who did it', async () => {
      const { page, recruiter } = await show(options, WRITER, path);
      await press(page, 'fold', 'Change');
      await page.keyboard.type('0.3');
      await page.keyboard.press('Enter');
      await page.getByRole('status').getByText('The rate of fold is set to 0.3.').waitFor();
      expect(recruiter.jobs[0]!.rate).toBe(0.3);
      await eventually(
        () => text(page, 'fold', 'Rate'),
        (shownRate) => /^0.3\s[^]*declared 0.25/.test(shownRate),
      );
      await eventually(
        () => page.getByRole('table', { name: 'Changes of the fleet' }).innerText(),
        (list) => /ann\s+set the rate to 0.3: fold/.test(list),
      );
      await row(page, 'fold').getByRole('spinbutton').fill('0.99');
      await row(page, 'fold').getByRole('button', { name: 'Set rate' }).click();
      await page
        .getByRole('alert')
        .getByText(/would add up to 1.17/)
        .waitFor();
      expect(recruiter.jobs[0]!.rate).toBe(0.3);
      await row(page, 'fold').getByRole('button', { name: 'Reset to declared' }).click();
      await page.getByRole('status').getByText('the declared 0.25 again').waitFor();
      expect(recruiter.jobs[0]!.rate).toBe(0.25);
    });

    it('pauses, resumes and runs jobs, one or all', async () => {
      const { page, recruiter } = await show(options, WRITER, path);
      await press(page, 'fold', 'Run now');
      await eventually(
        () => outcomes(page, 'fold'),
        (label) => label?.endsWith(': 1 partial') === true,
      );
      await press(page, 'fold', 'Pause');
      await row(page, 'fold').getByText('paused alone').waitFor();
      expect(recruiter.jobs.map(({ paused }) => paused)).toEqual([true, false, false]);
      expect(await row(page, 'fold').getByRole('button', { name: 'Run now' }).isDisabled()).toBe(true);
      await press(page, 'fold', 'Resume');
      await row(page, 'fold').getByText('paused alone').waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'Pause all jobs' }).click();
      await row(page, 'broken').getByText('paused with all jobs of its recruiter').waitFor();
      expect(recruiter.jobs.every(({ paused }) => paused)).toBe(true);
      await page.getByRole('button', { name: 'Resume all jobs' }).click();
      await row(page, 'broken').locator('.badge.paused').waitFor({ state: 'detached' });
      expect(recruiter.jobs.some(({ paused }) => paused)).toBe(false);
    });

    it('shows a visitor who may not look that it is so, and nothing else', async () => {
      started = await startDashboard({ providers: JOBS, ...options });
      shown = await browser.open(`${started.url}${path}/work-stealing`);
      expect(await shown.page.locator('body').innerText()).toBe(
        'Not allowed\n\nYou may not see this dashboard.',
      );
      expect(await shown.page.locator('script, link').count()).toBe(0);
    });
  },
);

describe('The page of the dashboard', () => {
  it('has no controls for who may only look, and a write from its console is refused', async () => {
    const { page, recruiter } = await show({}, READER);
    await row(page, 'fold').getByRole('button', { name: 'fold', exact: true }).click();
    await row(page, 'fold').getByText('Declared rate').waitFor();
    expect(await page.getByRole('button').allInnerTexts()).toEqual(['fold', 'broken', 'backfill']);
    expect(await page.getByRole('spinbutton').count()).toBe(0);
    const status = await page.evaluate(`fetch(new URL('work-stealing/actions', location.href), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Work-Stealing': '1' },
      body: '{"action":"pause","id":"fold"}',
    }).then(({ status }) => status)`);
    expect([status, recruiter.jobs[0]!.paused]).toEqual([403, false]);
  });

  it('shows when a job with `every` is due and how its last pass went, and begins one when told to', async () => {
    const { page, recruiter } = await show({ providers: [...JOBS, PURGE] });
    await eventually(
      () => text(page, 'purge', 'Rate'),
      (shownRate) => /^every 1 h[^]*next pass \d\d:\d\d:\d\d/.test(shownRate),
    );
    expect(await text(page, 'purge', 'Advice')).toMatch(/^OK/);
    await press(page, 'purge', 'Run now');
    await eventually(
      () => recruiter.jobs.find(({ id }) => id === 'purge')!.counts.partial,
      (slices) => slices === 2,
    );
    await row(page, 'purge').getByRole('button', { name: 'purge', exact: true }).click();
    const details = row(page, 'purge').locator('.facts').first();
    await eventually(
      () => details.innerText(),
      (facts) =>
        /Period\s+every 1 h, in each process/.test(facts) &&
        /Now\s+next pass \d\d:/.test(facts) &&
        /Last pass\s+due [\d:]+, began [\d:]+, took (< 1|\d+) s: 1 slice, 7 items\s/.test(facts),
    );
    await row(page, 'purge').getByRole('spinbutton').fill('0');
    await row(page, 'purge').getByRole('button', { name: 'Set rate' }).click();
    await page.getByRole('alert').getByText('To stop it, pause it.').waitFor();
    await page.getByLabel('Show', { exact: true }).selectOption('Once a period');
    await page.getByText('1 of 4 jobs').waitFor();
  });

  it('shows a pass that is under way, and one that is overdue', async () => {
    const { page, recruiter } = await show();
    const pass = {
      dueAt: new Date(Date.now() - 7_500_000),
      beganAt: new Date(),
      slices: 3,
      done: 60,
      skipped: 0,
    };
    const period = {
      claim: async () => ({ heldFor: 100, pass }),
      report: async () => ({ dueIn: 0 }),
      renew: async () => true,
    };
    recruiter.useCoordinator({ period });
    recruiter.install({ recruited: () => {} }, 'late', { every: 3_600_000 });
    await recruiter.recruit('late');
    await eventually(
      () => text(page, 'late', 'Rate'),
      (shownRate) => /^every 1 h[^]*pass under way: 3 slices, 60 items/.test(shownRate),
    );
    await row(page, 'late').getByText('pass overdue by 2 h 5 min').waitFor();
    expect(shown!.complaints).toEqual([]);
  });

  it('shows which rates are default ones, how much of the budget is used, and who may edit', async () => {
    const { page, recruiter } = await show({ providers: [...JOBS, PLAIN] });
    await page.getByText('This process alone, signed in as ann (can edit)').waitFor();
    await page.getByText('5-second buckets, last 5 minutes').waitFor();
    await page.getByRole('heading', { name: 'Audit log' }).waitFor();
    await page.getByText('Rate budget used: 0.438 of 1').waitFor();
    expect(await text(page, 'plain', 'Rate')).toMatch(/^0.01\s[^]*default; effective 0.01/);
    await press(page, 'plain', 'Change');
    await page.keyboard.type('0.0625');
    await page.keyboard.press('Enter');
    await page.getByText('Rate budget used: 0.5 of 1').waitFor();
    await eventually(
      () => text(page, 'plain', 'Rate'),
      (shownRate) => /^0.0625\s[^]*default 0.01/.test(shownRate),
    );
    await row(page, 'plain').getByRole('button', { name: 'Reset to default' }).click();
    await page.getByRole('status').getByText('The rate of plain is the default one again.').waitFor();
    expect(recruiter.jobs.find(({ id }) => id === 'plain')).toMatchObject({
      isDefaultRate: true,
      rate: 0.01,
    });
    await row(page, 'plain').getByText('Advice').waitFor();
    expect(await row(page, 'plain').locator('.advice').innerText()).toMatch(
      /Advice (Not enough data yet \(0 slices in|Unknown: )/,
    );
  });

  it('says what gates of the application held back', async () => {
    const { page, recruiter } = await show();
    recruiter.useGate('replica-lag', () => true, { checkEvery: 60_000, jobs: ['fold'] });
    while (recruiter.jobs[0]!.counts.gated < 3) await recruiter.enlist();
    await row(page, 'fold').getByRole('button', { name: 'fold', exact: true }).click();
    await row(page, 'fold').getByText('Gate replica-lag').waitFor();
    // What is shown first may be from between two of them.
    const held = await eventually(
      () => row(page, 'fold').locator('.facts').first().innerText(),
      (facts) => facts.includes('held back 3 slices'),
    );
    expect(held).toMatch(/Gate replica-lag\s+held back 3 slices/);
  });

  it('draws the slices that ran to be seen, however many were held back', async () => {
    const { page, recruiter } = await show();
    recruiter.pause('fold');
    while (recruiter.jobs[0]!.counts.gated < 200) await recruiter.enlist();
    recruiter.resume('fold');
    await recruiter.recruit('fold');
    await eventually(
      () => outcomes(page, 'fold'),
      (label) => /: 1 partial, \d+ gated$/.test(label ?? ''),
    );
    // Of the rows of pixels of the small plot, those in which the colour of `partial` is.
    const share = () =>
      page.evaluate<number>(`(() => {
        const canvas = document.querySelector('tbody.job .of-outcomes canvas');
        if (canvas === null) return 0;
        const probe = document.createElement('canvas').getContext('2d');
        probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('--partial');
        probe.fillRect(0, 0, 1, 1);
        const [red, green, blue] = probe.getImageData(0, 0, 1, 1).data;
        const { width, height } = canvas;
        const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
        const rows = new Set();
        for (let at = 0; at < data.length; at += 4) {
          if (data[at] === red && data[at + 1] === green && data[at + 2] === blue) rows.add(Math.floor(at / 4 / width));
        }
        return rows.size / height;
      })()`);
    expect(await eventually(share, (seen) => seen > 0.5)).toBeLessThan(0.95);
  });

  it('marks an abort and an error while they are recent, and not for ever', async () => {
    const { page, recruiter } = await show({
      providers: [...JOBS, job('slow', 0.01, () => new Promise(() => {}))],
    });
    await recruiter.recruit('broken');
    await recruiter.recruit('slow');
    await row(page, 'broken').getByText('failed: no <b>connection</b>').waitFor();
    await row(page, 'slow').getByText('cut short: ').waitFor();
    for (const id of ['broken', 'slow'])
      await row(page, id).getByRole('button', { name: id, exact: true }).click();
    await row(page, 'slow').getByText('Last slice that was cut short, ').waitFor();
    await page.clock.setSystemTime(Date.now() + 6 * 60_000);
    await row(page, 'broken').locator('.badge.failing').waitFor({ state: 'detached' });
    await row(page, 'slow').locator('.badge.cut').waitFor({ state: 'detached' });
    await row(page, 'slow').getByText('Last slice that was cut short, ').waitFor();
    await page.clock.setSystemTime(Date.now() + 61 * 60_000);
    await row(page, 'slow').getByText('Last slice that was cut short, ').waitFor({ state: 'hidden' });
    expect(await row(page, 'broken').getByText('Last error, ').isVisible()).toBe(true);
  });

  it('takes ids and errors of any kind for text, and steers those jobs too', async () => {
    const ids = [
      '<img src=x onerror=alert(1)>',
      '"><script>alert(2)</script>',
      '__proto__',
      'constructor',
      'x'.repeat(200),
      'abc \u202E שלום',
      '${alert(3)} {{ 7*7 }}',
      'javascript:alert(4)',
    ];
    const evil = () => {
      throw new Error('<svg onload=alert(5)>');
    };
    const { page, recruiter } = await show({ providers: ids.map((id) => job(id, 0.01, evil)) });
    for (const id of ids) await recruiter.recruit(id);
    await eventually(
      () => page.locator('.badge.failing').count(),
      (count) => count === ids.length,
    );
    const toggles = page.locator('button.toggle');
    expect(await toggles.allTextContents()).toEqual(ids);
    for (let index = 0; index < ids.length; index++) {
      await toggles.nth(index).click();
      await page.locator('tbody.job').nth(index).getByRole('button', { name: 'Pause' }).click();
    }
    await eventually(
      () => recruiter.jobs.filter(({ paused }) => paused).length,
      (count) => count === ids.length,
    );
    await eventually(
      () => page.locator('.badge.paused').count(),
      (count) => count === ids.length,
    );
    expect(await page.locator('main :is(img, script, svg, b)').count()).toBe(0);
    expect(await overflow(page)).toBe(0);
    expect(shown!.complaints).toEqual([]);
  });

  it('finds its way through 200 jobs, and leaves whoever works in it alone', async () => {
    const providers = Array.from({ length: 200 }, (_, index) =>
      job(`job-${String(index).padStart(3, '0')}`, 0.001, () => ({ done: 1, limit: 1 })),
    );
    const { page, recruiter } = await show({ providers });
    const rows = page.locator('tbody.job');
    expect(await rows.count()).toBe(200);
    await press(page, 'job-007', 'Change');
    await page.keyboard.type('0.00');
    // For as long as it takes: figures are of the last few seconds, for which a machine may be stalled.
    const working = setInterval(() => void recruiter.recruit('job-150'), 100).unref();
    await eventually(
      () => text(page, 'job-150', 'Items/s'),
      (figure) => Number(figure) > 0,
    );
    const sort = () =>
      page
        .getByLabel('Sort by')
        .evaluate((select: { value: string; dispatchEvent(event: unknown): void }) => {
          select.value = 'Most items/s';
          select.dispatchEvent(new Event('input'));
        });
    // The table sorts when it is told to, by what it knows then: a row that has just had nothing for a while is not first.
    await eventually(
      () => sort().then(() => rows.first().getByRole('button').first().innerText()),
      (id) => id === 'job-150',
    ).finally(() => clearInterval(working));
    await page.keyboard.type('5');
    const input = row(page, 'job-007').getByRole('spinbutton');
    expect(await input.inputValue()).toBe('0.005');
    await page.getByLabel('Find').fill('JOB-15');
    await page.getByText('10 of 200 jobs').waitFor();
    expect(await rows.count()).toBe(10);
    expect(shown!.complaints).toEqual([]);
  });

  it('is used from the first job to its rate by keys alone, and says what it is at each stop', async () => {
    const { page, recruiter } = await show();
    const stop = () =>
      page.evaluate<string>(`(() => {
        const { tagName, ariaExpanded, labels, textContent } = document.activeElement;
        const name = labels?.[0]?.textContent ?? textContent;
        return [tagName.toLowerCase(), name, ariaExpanded].filter((part) => part).join(' ');
      })()`);
    const stops: string[] = [];
    while (stops.at(-1) !== 'button fold false') {
      await page.keyboard.press('Tab');
      stops.push(await stop());
      expect(stops.length).toBeLessThan(10);
    }
    expect(stops).toEqual([
      'button Pause all jobs',
      'input Find',
      'select Show',
      'select Sort by',
      'button fold false',
    ]);
    await page.keyboard.press('Enter');
    expect(await stop()).toBe('button fold true');
    for (let turn = 0; (await stop()) !== 'input Rate, 0 to 1'; turn++) {
      await page.keyboard.press('Tab');
      expect(turn).toBeLessThan(10);
    }
    await page.keyboard.type('0.2');
    await page.keyboard.press('Enter');
    await page.getByRole('status').getByText('The rate of fold is set to 0.2.').waitFor();
    expect(recruiter.jobs[0]!.rate).toBe(0.2);
    expect(await stop()).toBe('input Rate, 0 to 1');
  });

  it('says when the server has gone, and goes on by itself when it is back', async () => {
    // One that the system gives to nobody else while the server is away.
    const port = await freePort();
    const { page } = await show({ port });
    await started!.app.close();
    await page.getByText('The server does not answer').waitFor();
    started = await startDashboard({ providers: [...JOBS, job('new', 0.01, () => undefined)], port });
    await live(page);
    await row(page, 'new').waitFor();
    await press(page, 'new', 'Pause');
    await row(page, 'new').getByText('paused alone').waitFor();
    expect(started.app.get(Recruiter).jobs.filter(({ paused }) => paused)).toMatchObject([{ id: 'new' }]);
  });

  it.each([
    [
      'a redirect to a page to sign in at',
      { status: 302, headers: { Location: '/login' } },
      'You are signed out',
    ],
    [
      'a redirect to another host',
      { status: 302, headers: { Location: 'https://login.example/' } },
      'signed out',
    ],
    [
      'a page to sign in at',
      { status: 200, contentType: 'text/html', body: '<h1>Log in</h1>' },
      'signed out',
    ],
    ['401', { status: 401, contentType: 'application/json', body: '{"message":"no"}' }, 'You are signed out'],
    [
      '403',
      { status: 403, contentType: 'application/json', body: '{"message":"no"}' },
      'You no longer have access',
    ],
    ['429', { status: 429, headers: { 'Retry-After': '5' } }, 'Too many requests'],
  ])(
    'says what it is where the session ends in %s, and announces nothing as done',
    async (_what, answer, words) => {
      let isOver = false;
      const { page, recruiter } = await show({
        prepare: (nest) =>
          nest.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
            if (request.url === '/login') return void response.end('<h1>Log in</h1>');
            if (!isOver || !request.url?.startsWith('/work-stealing')) return next();
            const { status, headers = {}, contentType, body = '' } = answer as EndOfSession;
            response.writeHead(status, contentType === undefined ? headers : { 'Content-Type': contentType });
            response.end(body);
          }),
      });
      isOver = true;
      await page.getByRole('button', { name: 'Pause all jobs' }).click();
      await page.getByRole('alert').filter({ hasText: /\S/ }).waitFor();
      expect(await page.getByText('are paused').count()).toBe(0);
      // As a proxy does, or the end of the stream by itself: the page asks for events again.
      (started!.app.getHttpServer() as Server).closeAllConnections();
      await page.locator('.connection').getByText(words).waitFor();
      expect(recruiter.jobs.some(({ paused }) => paused)).toBe(false);
      isOver = false;
      await live(page);
    },
  );

  it.each([
    ['takes a prefix off', '/work-stealing', '/films', (path: string) => path.slice('/films'.length) || '/'],
    [
      'takes it off a dashboard at the root',
      '/',
      '/films',
      (path: string) => path.slice('/films'.length) || '/',
    ],
    [
      'puts the path of the page in its place',
      '/work-stealing',
      '/films',
      (path: string) => path.replace(/^\/films/, '/work-stealing'),
    ],
  ])(
    'works behind a proxy that %s, with and without a slash at the end',
    async (_what, path, prefix, inner) => {
      started = await startDashboard({ providers: JOBS, dashboard: { ...roles, path } });
      const to = Number(new URL(started.url).port);
      const proxy = createServer(({ url = '', method, headers }, response) => {
        if (!/^\/films(\/|\?|$)/.test(url)) return void response.writeHead(404).end('nothing of ours');
        const call = request(
          {
            host: '127.0.0.1',
            port: to,
            path: inner(url),
            method,
            headers: { ...headers, 'x-forwarded-prefix': prefix },
          },
          (answer) => void answer.pipe(response.writeHead(answer.statusCode!, answer.headers)),
        );
        call.on('error', () => response.destroy());
        call.end();
      });
      proxy.listen(0, '127.0.0.1');
      await once(proxy, 'listening');
      const { port } = proxy.address() as AddressInfo;
      const page = inner('/films').startsWith(path === '/' ? '/' : path) ? '/films' : `/films${path}`;
      try {
        for (const asked of [page, `${page}/`]) {
          shown = await browser.open(`http://127.0.0.1:${port}${asked}`, WRITER);
          await live(shown.page);
          await row(shown.page, 'fold').waitFor();
          expect(shown.complaints).toEqual([]);
          await shown.page.context().close();
        }
      } finally {
        shown = undefined;
        proxy.closeAllConnections();
        proxy.close();
      }
    },
  );

  it.each<[string, string[]]>([
    ['of the page alone', ['work-stealing']],
    ['of all of it', ['work-stealing', 'work-stealing/{*rest}']],
  ])('works with a global prefix and an exception %s', async (_what, exclude) => {
    const { page } = await show({ prepare: (nest) => nest.setGlobalPrefix('api', { exclude }) });
    await press(page, 'fold', 'Pause');
    await row(page, 'fold').getByText('paused alone').waitFor();
    expect(shown!.complaints).toEqual([]);
  });

  it('asks instead where events do not come through', async () => {
    started = await startDashboard({ providers: JOBS });
    shown = await browser.open('about:blank', WRITER);
    const { page } = shown;
    await page.route('**/events', (route) => route.fulfill({ status: 502 }));
    await page.goto(`${started.url}/work-stealing`);
    await page.getByText('Live, polling every two seconds').waitFor();
    await started.app.get(Recruiter).recruit('fold');
    await eventually(
      () => outcomes(page, 'fold'),
      (label) => label?.endsWith(': 1 partial') === true,
    );
    await press(page, 'fold', 'Pause');
    await row(page, 'fold').getByText('paused alone').waitFor();
    expect(started.app.get(Recruiter).jobs.filter(({ paused }) => paused)).toMatchObject([{ id: 'fold' }]);
  });

  it.each([
    ['light', [1280, 1090, 390, 360]],
    ['dark', [1280, 800, 390, 360]],
  ] as const)(
    'has nothing that axe calls serious, in %s and %j pixels wide, and nothing to scroll sideways',
    async (colorScheme, widths) => {
      const { page, app, recruiter } = await show(
        { providers: [...JOBS, PURGE, PLAIN] },
        { ...WRITER, colorScheme, viewport: { width: widths[0], height: 740 } },
      );
      recruiter.useGate('replica-lag', () => true, { checkEvery: 1000, jobs: ['fold'] });
      for (let turn = 0; turn < 100; turn++) await recruiter.enlist();
      await recruiter.recruit('fold');
      await recruiter.recruit('broken');
      await app.get(FleetService).setRate({ id: 'fold' }, 0.3, 'bob');
      await app.get(FleetService).pause({ id: 'backfill' }, 'bob');
      await row(page, 'broken').locator('.badge.failing').waitFor();
      for (const id of ['purge', 'broken', 'fold'])
        await row(page, id).getByRole('button', { name: id, exact: true }).click();
      await row(page, 'fold').locator('canvas').nth(1).waitFor();
      await page.evaluate(axe.source);
      for (const width of widths) {
        await page.setViewportSize({ width, height: 740 });
        const { violations } = await page.evaluate<axe.AxeResults>('axe.run()');
        const bad = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
        const summary = bad.map(({ id, nodes }) => [
          id,
          nodes.map(({ html, failureSummary }) => [html, failureSummary]),
        ]);
        expect({ width, summary }).toEqual({ width, summary: [] });
        expect({ width, overflow: await overflow(page) }).toEqual({ width, overflow: 0 });
      }
    },
  );
});

describe('The page of the dashboard of a fleet', () => {
  const redis = useRedis();
  const workers: ChildProcess[] = [];
  let lib: CompiledLib;
  const ports: { dashboard: number; own: number }[] = [];

  beforeAll(async () => {
    lib = await compileLib();
    for (let count = 0; count < 2; count++) {
      const file = join(import.meta.dirname, '../support/workers/dashboard.mjs');
      const worker = spawn(process.execPath, [file, lib.folder, redis.url], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      workers.push(worker);
      const [line] = (await once(createInterface(worker.stdout), 'line')) as [string];
      ports.push(JSON.parse(line) as { dashboard: number; own: number });
    }
  }, 240_000);

  afterAll(async () => {
    for (const worker of workers) {
      const gone = once(worker, 'exit');
      worker.kill('SIGKILL');
      await gone;
    }
    await lib.remove();
  });

  interface OwnJob {
    readonly rate: number;
    readonly paused: boolean;
    readonly counts: { readonly partial: number };
  }

  /** What each process itself says of its only job. */
  const everywhere = () =>
    Promise.all(
      ports.map(async ({ own }) => {
        const jobs = (await (await fetch(`http://127.0.0.1:${own}`)).json()) as OwnJob[];
        return jobs[0]!;
      }),
    );

  it('steers both processes, whichever of them sends the page', async () => {
    shown = await browser.open(`http://127.0.0.1:${ports[0]!.dashboard}/work-stealing`);
    const { page } = shown;
    await live(page);
    await page.getByText('The whole fleet, signed in as ann (can edit)').waitFor();
    await eventually(
      () => page.getByRole('table', { name: 'Processes' }).locator('tbody tr').count(),
      (count) => count === 2,
    );
    await press(page, 'fold', 'Change');
    await page.keyboard.type('0.5');
    await page.keyboard.press('Enter');
    await eventually(everywhere, (jobs) => jobs.every(({ rate }) => rate === 0.5));
    await press(page, 'fold', 'Run now');
    await eventually(everywhere, (jobs) => jobs.reduce((sum, { counts }) => sum + counts.partial, 0) === 1);
    await page.goto(`http://127.0.0.1:${ports[1]!.dashboard}/work-stealing`);
    await live(page);
    expect(await text(page, 'fold', 'Rate')).toMatch(/^0.5\s[^]*declared 0.25/);
    await press(page, 'fold', 'Pause');
    await eventually(everywhere, (jobs) => jobs.every(({ paused }) => paused));
    await eventually(
      () => page.getByRole('table', { name: 'Changes of the fleet' }).locator('tbody tr').count(),
      (count) => count === 3,
    );
    expect(shown.complaints).toEqual([]);
  });
});
