import type { IncomingHttpHeaders } from 'node:http';

/** Header with the token, or `1` without a secret. No form can send it, and a script of another site only after a preflight. */
export const WRITE_HEADER = 'x-work-stealing';

/**
 * Returns why a write may be a cross-site request forgery; undefined if it cannot. It checks three properties that another
 * site cannot forge: a custom header, a JSON body (a form can send neither), and the origin that the browser states.
 */
export function writeOriginProblem(headers: IncomingHttpHeaders): string | undefined {
  if (headers[WRITE_HEADER] === undefined) return 'the header X-Work-Stealing is missing';
  if (!/^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '')) {
    return 'its Content-Type is not application/json';
  }
  const site = headers['sec-fetch-site'];
  // Browsers omit it on plain http, except to localhost; scripts cannot set it.
  if (site !== undefined) return site === 'same-origin' ? undefined : 'it comes from another site';
  const { origin } = headers;
  if (origin === undefined) return 'it has neither Sec-Fetch-Site nor Origin';
  return isSameHost(origin, headers) ? undefined : 'its Origin is another host';
}

/**
 * Whether the origin is the host of the request by the headers of the browser or of a proxy, which another site cannot
 * choose. Each proxy may add its own host to a list, with a port or without.
 */
function isSameHost(origin: string, headers: IncomingHttpHeaders): boolean {
  if (!URL.canParse(origin)) return false;
  const { host } = new URL(origin);
  return host !== '' && [...requestedHosts(headers)].some((requested) => spellings(requested).includes(host));
}

function* requestedHosts(headers: IncomingHttpHeaders): Iterable<string> {
  const hosts = [headers.host, headers[':authority'], headers['x-forwarded-host']].flatMap(listed);
  const ports = listed(headers['x-forwarded-port']).filter((port) => /^\d{1,5}$/.test(port));
  for (const host of hosts) {
    yield host;
    for (const port of ports) yield `${host.replace(/:\d+$/, '')}:${port}`;
  }
  for (const [, host] of String(headers.forwarded ?? '').matchAll(/\bhost="?([^";,\s]+)/gi)) yield host!;
}

function listed(value: unknown): string[] {
  const names = Array.isArray(value) ? value.join() : typeof value === 'string' ? value : '';
  return names.split(',').map((name) => name.trim());
}

/** Returns a host as URLs of both schemes spell it: in lower case, without the default port. */
function spellings(host: string): string[] {
  return ['http', 'https']
    .map((scheme) => `${scheme}://${host}`)
    .filter((url) => !/[/?#@\\]/.test(host) && URL.canParse(url))
    .map((url) => new URL(url).host);
}
