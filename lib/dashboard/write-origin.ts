import type { IncomingHttpHeaders } from 'node:http';

/** Carries the token, or `1` where no secret is configured: no form can send it, and a script of another site only after a preflight. */
export const WRITE_HEADER = 'x-work-stealing';

/**
 * Why a write might be another site's doing in the name of a visitor, if it might. Three things that such a site cannot
 * bring about all have to hold: a header of ours, a body of JSON (neither comes from a form), and what the browser
 * itself says of where the request comes from.
 */
export function writeOriginProblem(headers: IncomingHttpHeaders): string | undefined {
  if (headers[WRITE_HEADER] === undefined) return 'the header X-Work-Stealing is missing';
  if (!/^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '')) {
    return 'its Content-Type is not application/json';
  }
  const site = headers['sec-fetch-site'];
  // Browsers leave it out on plain http, except to localhost; scripts cannot set it.
  if (site !== undefined) return site === 'same-origin' ? undefined : 'it comes from another site';
  const { origin } = headers;
  if (origin === undefined) return 'neither Sec-Fetch-Site nor Origin says where it comes from';
  return isSameHost(origin, headers) ? undefined : 'its Origin is another host';
}

/**
 * Whether the origin is a host that was asked for, by the word of the browser or of a proxy: a site cannot make a
 * browser send these headers with values of its choice. Each proxy may add its own to a list, with a port or without.
 */
function isSameHost(origin: string, headers: IncomingHttpHeaders): boolean {
  if (!URL.canParse(origin)) return false;
  const { host } = new URL(origin);
  return host !== '' && [...hostsAskedFor(headers)].some((asked) => spellings(asked).includes(host));
}

function* hostsAskedFor(headers: IncomingHttpHeaders): Iterable<string> {
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

/** As URLs of either scheme spell it: in lower case, and without the port where that is the scheme's own. */
function spellings(host: string): string[] {
  return ['http', 'https']
    .map((scheme) => `${scheme}://${host}`)
    .filter((url) => !/[/?#@\\]/.test(host) && URL.canParse(url))
    .map((url) => new URL(url).host);
}
