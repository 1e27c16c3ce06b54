import type { IncomingHttpHeaders } from 'node:http';

/**
 * What a request of Express and one of Fastify have in common. `authorize(request: express.Request)` and
 * `authorize(request: FastifyRequest)` compile as well.
 */
export interface DashboardRequest {
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders;
  /** What guards and middleware have found out. */
  readonly user?: unknown;
  /** As the framework sees it: behind a proxy that depends on its `trust proxy`. */
  readonly ip?: string | undefined;
  /** Path and query. */
  readonly url?: string | undefined;
}

/** The part of a request that the dashboard itself reads beyond that. */
interface RawRequest extends DashboardRequest {
  readonly originalUrl?: string;
  readonly httpVersionMajor?: number;
  readonly raw?: { readonly httpVersionMajor?: number };
}

/** The path that was asked for, as far as proxies let it through: without the query. */
export function pathOf(request: DashboardRequest): string {
  const { originalUrl, url = '/' } = request as RawRequest;
  return (originalUrl ?? url).replace(/[?#].*$/s, '');
}

/**
 * What a proxy has taken off the path in front of it, by its `X-Forwarded-Prefix`; empty where none says so. Several
 * proxies each add theirs.
 */
export function forwardedPrefix({ 'x-forwarded-prefix': sent }: IncomingHttpHeaders): string {
  const prefix = String(sent ?? '')
    .split(',')
    .map((part) => part.trim().replace(/\/+$/, ''))
    .join('');
  // Anything else might lead to another host.
  return /^(?:\/[\w.~!$&'()*+;=:@%-]+)+$/.test(prefix) ? prefix : '';
}

/** Whether the connection may be spoken of: HTTP/2 forbids it. */
export function isHttp1(request: DashboardRequest): boolean {
  const { httpVersionMajor, raw } = request as RawRequest;
  return (httpVersionMajor ?? raw?.httpVersionMajor ?? 1) === 1;
}
