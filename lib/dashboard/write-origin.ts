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

/** A site cannot make a browser send a Host or an X-Forwarded-Host of its choice, so a proxy's word is good here. */
function isSameHost(origin: string, headers: IncomingHttpHeaders): boolean {
  if (!URL.canParse(origin)) return false;
  const { host } = new URL(origin);
  const asked = [headers.host, headers[':authority'], headers['x-forwarded-host']].flat();
  return host !== '' && asked.some((name) => typeof name === 'string' && name.toLowerCase() === host);
}
