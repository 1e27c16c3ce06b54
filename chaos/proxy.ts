import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** What a proxy may do to what passes through it. */
export type ProxyFault = 'none' | 'latency' | 'refuse' | 'half-open' | 'lost-replies';

/** Stands between the fleet and Redis, and mistreats what passes. */
export class Proxy {
  readonly #server = createServer((socket) => this.#accept(socket));
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #fault: ProxyFault = 'none';
  #latency = 0;

  constructor(private readonly target: { readonly host: string; readonly port: number }) {}

  /** @returns the port that it listens on. */
  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  /** @param latency - of each chunk in each direction: ms. */
  set(fault: ProxyFault, latency = 0): void {
    this.#fault = fault;
    this.#latency = latency;
    if (fault === 'refuse') this.cut();
  }

  /** Breaks all connections that there are. */
  cut(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
    this.#pairs.clear();
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(client: Socket): void {
    if (this.#fault === 'refuse') {
      client.destroy();
      return;
    }
    const upstream = connect(this.target.port, this.target.host);
    const pair = [client, upstream] as const;
    this.#pairs.add(pair);
    const end = () => {
      this.#pairs.delete(pair);
      for (const socket of pair) socket.destroy();
    };
    for (const socket of pair) socket.on('error', end).on('close', end);
    client.on('data', (chunk) => this.#pass(chunk, upstream, this.#fault === 'half-open'));
    upstream.on('data', (chunk) =>
      this.#pass(chunk, client, this.#fault === 'half-open' || this.#fault === 'lost-replies'),
    );
  }

  #pass(chunk: Buffer, to: Socket, isLost: boolean): void {
    if (isLost) return;
    const send = () => void (to.writable && to.write(chunk));
    if (this.#fault === 'latency') setTimeout(send, this.#latency);
    else send();
  }
}
