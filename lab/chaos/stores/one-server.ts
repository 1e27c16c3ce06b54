import { Redis } from 'ioredis';
import { startRedis } from '../../../scripts/redis/index.mjs';
import { Proxy } from './proxy.js';
import type { Store } from './store.js';

type Server = Awaited<ReturnType<typeof startRedis>>;

/** The server is as durable as one can be, so that a restart with data may lose nothing that was acknowledged. */
const ARGS = [
  '--appendonly',
  'yes',
  '--appendfsync',
  'always',
  '--save',
  '',
  '--enable-debug-command',
  'yes',
];

/** One server. */
export class OneServer implements Store {
  readonly address: string;

  private constructor(
    readonly server: Server,
    readonly proxies: readonly [Proxy],
    port: number,
    readonly direct: Redis,
  ) {
    this.address = JSON.stringify({ url: `redis://127.0.0.1:${port}` });
  }

  static async start(release?: 'redis-8' | 'valkey-9'): Promise<OneServer> {
    const server = await startRedis({ args: ARGS, ...(release && { release }) });
    const proxy = new Proxy(server);
    const port = await proxy.listen();
    const direct = new Redis(server.url, { maxRetriesPerRequest: 0, autoResendUnfulfilledCommands: false });
    direct.on('error', () => {});
    return new OneServer(server, [proxy], port, direct);
  }

  masters(): readonly Redis[] {
    return [this.direct];
  }

  async stop(): Promise<void> {
    this.direct.disconnect();
    await this.proxies[0].close();
    await this.server.stop();
  }
}
