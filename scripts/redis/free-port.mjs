import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

// Below what the system gives to outgoing connections (32,768 and up on Linux), so that none of those can take the
// port between this look and the server's start.
const LOWEST = 10_000;
const HIGHEST = 22_000;

/**
 * A port of 127.0.0.1 that nothing listens on, with the one `bus` ports above it free as well. Another process may
 * still take it first: who starts a server on it must be ready to ask again.
 *
 * @param {number} [bus] default: none
 */
export async function freePort(bus) {
  for (;;) {
    const port = randomInt(LOWEST, HIGHEST);
    if ((await isFree(port)) && (bus === undefined || (await isFree(port + bus)))) return port;
  }
}

async function isFree(port) {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    if (error.code === 'EADDRINUSE') return false;
    throw error;
  }
  server.close();
  await once(server, 'close');
  return true;
}
