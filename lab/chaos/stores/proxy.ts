import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** What a proxy may do to what passes through it. */
export type ProxyFault = 'none' | 'latency' | 'refuse' | 'half-open' | 'lost-replies';

/** Stands between the fleet and Redis, and mistreats what passes. */
export class Proxy {
  readonly #server = createServer((socket) => this.#accept(socket));
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  /** What was half open stays so for ever: nothing passes, and nobody closes it. */
  readonly #halfOpen = new WeakSet<Socket>();
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
    if (fault === 'half-open') for (const [client] of this.#pairs) this.#halfOpen.add(client);
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
    if (this.#fault === 'half-open') this.#halfOpen.add(client);
    const end = () => {
      this.#pairs.delete(pair);
      for (const socket of pair) socket.destroy();
    };
    for (const socket of pair) socket.on('error', end).on('close', end);
    const [up, down] = [new Lane(upstream), new Lane(client)];
    const isHalfOpen = () => this.#halfOpen.has(client);
    client.on('data', (chunk) => this.#pass(chunk, up, isHalfOpen()));
    upstream.on('data', (chunk) => this.#pass(chunk, down, isHalfOpen() || this.#fault === 'lost-replies'));
  }

  /** What is lost is never followed by more on the same connection: whoever sets the fault cuts it. */
  #pass(chunk: Buffer, lane: Lane, isLost: boolean): void {
    if (!isLost) lane.send(chunk, this.#fault === 'latency' ? this.#latency : 0);
  }
}

/** One direction of a connection. What is delayed is not overtaken by what comes later: it is TCP. */
class Lane {
  readonly #waiting: Buffer[] = [];
  #free = 0;

  constructor(private readonly to: Socket) {}

  send(chunk: Buffer, latency: number): void {
    const now = performance.now();
    this.#free = Math.max(this.#free, now + latency);
    this.#waiting.push(chunk);
    if (this.#waiting.length === 1 && this.#free <= now) this.#next();
    else setTimeout(() => this.#next(), this.#free - now);
  }

  /** Whichever timer is first takes the chunk that is. */
  #next(): void {
    const chunk = this.#waiting.shift();
    if (chunk !== undefined && this.to.writable) this.to.write(chunk);
  }
}
