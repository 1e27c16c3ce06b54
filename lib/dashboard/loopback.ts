import { peerOf, type DashboardRequest } from './request.js';

const LOOPBACK_ADDRESS = /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/;
const LOOPBACK_HOST = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i;
const OF_PROXIES = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];

/**
 * Whether a request comes from this machine and was meant for it. A proxy on this machine passes on what comes from
 * elsewhere; and the name of another site may point here (DNS rebinding), so the name that was asked for counts too.
 */
export function isLocal(request: DashboardRequest): boolean {
  const { headers } = request;
  if (OF_PROXIES.some((name) => headers[name] !== undefined)) return false;
  const host = headers.host ?? headers[':authority'];
  return LOOPBACK_ADDRESS.test(peerOf(request) ?? '') && typeof host === 'string' && LOOPBACK_HOST.test(host);
}
