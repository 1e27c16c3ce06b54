import type { IncomingHttpHeaders } from 'node:http';

/**
 * The common part of a request of Express and of Fastify. `authorize(request: express.Request)` and
 * `authorize(request: FastifyRequest)` compile as well.
 */
export interface DashboardRequest {
  /** Headers, with names in lower case. */
  readonly headers: IncomingHttpHeaders;
  /** The user that guards or middleware have set. */
  readonly user?: unknown;
  /** IP address of the client as the framework determines it, by its `trust proxy` setting. */
  readonly ip?: string | undefined;
  /** Path and query of the URL. */
  readonly url?: string | undefined;
}

/** More of a request, for the dashboard itself. */
interface RawRequest extends DashboardRequest {
  readonly originalUrl?: string;
  readonly httpVersionMajor?: number;
  readonly raw?: { readonly httpVersionMajor?: number };
}

/** Returns the path of the request as this server received it, without the query. */
export function pathOf(request: DashboardRequest): string {
  const { originalUrl, url = '/' } = request as RawRequest;
  return (originalUrl ?? url).replace(/[?#].*$/s, '');
}

/**
 * Returns the prefix that proxies have removed from the path, by `X-Forwarded-Prefix`, to which several proxies each add
 * theirs; empty if the header is missing or invalid.
 */
export function forwardedPrefix({ 'x-forwarded-prefix': sent }: IncomingHttpHeaders): string {
  const prefix = String(sent ?? '')
    .split(',')
    .map((part) => part.trim().replace(/\/+$/, ''))
    .join('');
  // Any other value might lead to another host.
  return /^(?:\/[\w.~!$&'()*+;=:@%-]+)+$/.test(prefix) ? prefix : '';
}

/** Whether the request is of HTTP/1: HTTP/2 forbids the header `Connection`. */
export function isHttp1(request: DashboardRequest): boolean {
  const { httpVersionMajor, raw } = request as RawRequest;
  return (httpVersionMajor ?? raw?.httpVersionMajor ?? 1) === 1;
}
