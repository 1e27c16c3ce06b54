import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Recruiter } from 'nestjs-work-stealing';
import { FleetService } from 'nestjs-work-stealing/fleet';
import { job, startDashboard, type DashboardApp } from '../support/dashboard-app.js';
import { RUNS } from '../support/hostile.js';

const SECRET = 'the-job-that-nobody-may-see';

interface Attempt {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
}

/** Texts that have been an attack somewhere, as far as HTTP lets them through in a header or a path. */
const suspects = fc.constantFrom(
  '__proto__',
  'constructor',
  'toString',
  '..',
  '%2e%2e%2f',
  '%00',
  '%',
  '%ff',
  ';',
  '//',
  '?__proto__[polluted]=1',
  '?a[b][c]=d',
  '<svg onload=alert(1)>',
  "'; DROP TABLE jobs; --",
  'x'.repeat(2000),
);
/** What may stand in a header: visible ASCII and spaces. */
const visible = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
  maxLength: 30,
});
const headerText = fc.oneof(suspects, visible).map((text) => text.trim());

const methods = fc.constantFrom(
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'PROPFIND',
  'TRACE',
);
const places = fc.constantFrom(
  '',
  '/',
  '/state',
  '/actions',
  '/assets/0/main.js',
  '/assets/0/__proto__',
  '/assets/0',
  '/ACTIONS',
);
const paths = fc
  .tuple(places, fc.option(fc.oneof(suspects, visible), { nil: '' }))
  .map(([place, more]) => `/work-stealing${place}${encodeURI(more).replaceAll(/[^\x21-\x7e]/g, '')}`);

const ids = fc.oneof(
  fc.constantFrom<unknown>(SECRET, 'fold', '__proto__', 'constructor', ''),
  fc.string(),
  fc.anything(),
);
const acts = fc.oneof(
  fc.constantFrom<unknown>(
    'set-rate',
    'reset-rate',
    'pause',
    'resume',
    'run-once',
    '__proto__',
    'constructor',
  ),
  fc.anything(),
);
const rates = fc.oneof(
  fc.constantFrom<unknown>(0, 0.1, 0.25, 1, 2, -1, '0.1', null),
  fc.double(),
  fc.anything(),
);
const actions = fc.record(
  {
    action: acts,
    recruiter: fc.oneof(fc.constant('default'), ids),
    id: ids,
    rate: rates,
    __proto__: fc.anything(),
    by: ids,
  },
  { requiredKeys: ['action'], noNullPrototype: true },
);
const bodies = fc.oneof(
  { weight: 6, arbitrary: actions.map(asJson) },
  { weight: 2, arbitrary: fc.json() },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '{"__proto__":{"polluted":1}}',
      '{"action":"pause","constructor":{"prototype":{"polluted":1}}}',
      '{"action":"set-rate","id":"fold","rate":1e999}',
      `{"action":"pause","id":"fold"`,
      '['.repeat(10_000),
      '',
    ),
  },
);

/** Nobody, a reader, or a writer; with what a write needs or without. */
const someHeaders = fc.record(
  {
    'x-role': fc.constantFrom('reader', 'ann'),
    'x-work-stealing': fc.oneof(fc.constant('1'), headerText),
    'content-type': fc.oneof(
      fc.constantFrom(
        'application/json',
        'application/json; charset=utf-8',
        'text/plain',
        'multipart/form-data',
        '',
      ),
      fc.constantFrom(
        'application/x-www-form-urlencoded',
        'application/json; charset=utf-7',
        'application/jsonp',
      ),
      headerText,
    ),
    'sec-fetch-site': fc.oneof(fc.constantFrom('same-origin', 'cross-site', 'same-site', 'none'), headerText),
    origin: fc.oneof(fc.constantFrom('null', 'https://evil.example', 'http://127.0.0.1'), headerText),
    host: fc.oneof(fc.constantFrom('127.0.0.1', 'evil.example', 'localhost:1'), headerText),
    accept: fc.oneof(fc.constantFrom('text/html', 'application/json', '*/*'), headerText),
    'x-forwarded-host': headerText,
    'x-http-method-override': methods,
    'content-encoding': fc.constantFrom('gzip', 'identity', 'br', 'nonsense'),
    cookie: headerText,
    'last-event-id': headerText,
  },
  { requiredKeys: [] },
);
const writer = fc.constant({
  'x-role': 'ann',
  'x-work-stealing': '1',
  'content-type': 'application/json',
  'sec-fetch-site': 'same-origin',
});
const headers = fc.oneof({ weight: 3, arbitrary: someHeaders }, { weight: 1, arbitrary: writer });
const wild: fc.Arbitrary<Attempt> = fc.record({
  method: fc.oneof(methods, fc.constant('POST')),
  path: fc.oneof(paths, fc.constant('/work-stealing/actions')),
  headers,
  body: bodies,
});
/** One that would be done, but for what a stranger, or another site, adds or leaves out. */
const nearlyRight: fc.Arbitrary<Attempt> = fc.record({
  method: fc.constant('POST'),
  path: fc.constant('/work-stealing/actions'),
  headers: fc
    .tuple(writer, someHeaders, fc.boolean())
    .map(([right, more, isRight]) => ({ ...right, ...(isRight ? {} : more) })),
  body: fc
    .record({
      action: fc.constantFrom('set-rate', 'pause', 'resume', 'run-once'),
      id: fc.constantFrom(SECRET, 'fold'),
      rate: fc.double({ min: 0, max: 0.6, noNaN: true }),
    })
    .map(({ rate, ...rest }) => JSON.stringify(rest.action === 'set-rate' ? { ...rest, rate } : rest)),
});
const attempts = fc.oneof({ weight: 3, arbitrary: wild }, { weight: 2, arbitrary: nearlyRight });

/** What cannot be written down is no body. */
function asJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    return '';
  }
}

function send(url: string, { method, path, headers: sent, body }: Attempt): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const isBodied = !['GET', 'HEAD', 'TRACE'].includes(method);
    // Without a length, what follows the head would be another request.
    const length = isBodied ? { 'content-length': Buffer.byteLength(body) } : {};
    const call = request({
      hostname,
      port,
      path,
      method,
      headers: { ...sent, ...length, connection: 'close' },
    });
    call.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, text }));
      response.on('error', reject);
    });
    call.on('error', reject);
    call.end(isBodied ? body : undefined);
  });
}

/** Whether all is there that a write needs, by the documentation. */
function mayWrite({ method, path, headers: sent }: Attempt, port: string): boolean {
  const type = sent['content-type'] ?? '';
  const { origin, host = `127.0.0.1:${port}` } = sent;
  const site = sent['sec-fetch-site'];
  const hosts = [host, sent['x-forwarded-host']].map((name) => name?.toLowerCase());
  const isSameOrigin =
    site === undefined
      ? URL.canParse(origin ?? '') && hosts.includes(new URL(origin!).host)
      : site === 'same-origin';
  const isPlace = /^\/work-stealing\/actions\/?(\?|$)/i.test(path);
  return (
    method === 'POST' &&
    isPlace &&
    sent['x-role'] === 'ann' &&
    sent['x-work-stealing'] !== undefined &&
    /^application\/json\s*(;|$)/i.test(type) &&
    isSameOrigin
  );
}

describe.each(['express', 'fastify'] as const)('The dashboard on %s, whatever it is asked', (platform) => {
  let started: DashboardApp;

  beforeAll(async () => {
    const providers = [SECRET, 'fold'].map((id) => job(id, 0.25, () => ({ done: 1, limit: 2 })));
    started = await startDashboard({ platform, providers });
  });
  afterAll(async () => {
    await started?.app.close();
  });

  it('never breaks, shows nothing to strangers, and changes nothing for those who may not', async () => {
    const fleet = started.app.get(FleetService);
    const recruiter = started.app.get(Recruiter);
    const { port } = new URL(started.url);
    const look = async () =>
      JSON.stringify([
        await fleet.audit(),
        recruiter.jobs.map(({ rate, paused, counts }) => [rate, paused, counts]),
      ]);
    let before = await look();
    let changes = 0;
    await fc.assert(
      fc.asyncProperty(attempts, async (attempt) => {
        const { status, text, headers: received } = await send(started.url, attempt);
        expect(status).toBeLessThan(500);
        if (attempt.headers['x-role'] === undefined) {
          expect(status).toBeGreaterThanOrEqual(400);
          expect(text).not.toContain(SECRET);
        }
        if (status === 200) expect(received['content-security-policy']).toMatch(/^default-src 'none'/);
        expect(received['access-control-allow-origin']).toBeUndefined();
        const after = await look();
        if (after !== before) {
          expect(mayWrite(attempt, port)).toBe(true);
          changes++;
        }
        before = after;
        expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
        expect(recruiter.jobs.reduce((sum, { rate }) => sum + rate, 0)).toBeLessThanOrEqual(1 + 1e-9);
      }),
      { numRuns: RUNS, seed: 1 },
    );
    // Otherwise nothing of it was ever a write.
    expect(changes).toBeGreaterThan(0);
    expect(Object.keys(Object.prototype)).toEqual([]);
  }, 600_000);
});
