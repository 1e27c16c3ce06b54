import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { requestsOf, TRACES, type TraceName } from '../peers/plan/traces.js';
import { HttpTarget } from '../measure/traffic/http-target.mjs';
import { openLoop, poisson } from '../measure/traffic/open-loop.mjs';
import { SeededRandom } from '../../lib/testing/index.js';

const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function serve(answer: Parameters<typeof createServer>[1]): Promise<{ server: Server; port: number }> {
  const server = createServer({}, answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, port: (server.address() as AddressInfo).port };
}

function target(port: number, most?: number): HttpTarget {
  const made = new HttpTarget(port, most);
  closers.push(() => made.close());
  return made;
}

const ask = (from: HttpTarget, path: string) =>
  new Promise<number>((resolve) => {
    from.ask(path, resolve);
  });

describe('HttpTarget', () => {
  it('tells the status of each answer, by one connection as long as one is enough', async () => {
    const ports = new Set<number>();
    const { port } = await serve((request, response) => {
      ports.add(request.socket.remotePort!);
      response.statusCode = Number(request.url!.slice(1));
      response.end('x'.repeat(100_000));
    });
    const shop = target(port);
    expect([await ask(shop, '/200'), await ask(shop, '/404'), await ask(shop, '/200')]).toEqual([
      200, 404, 200,
    ]);
    expect(ports.size).toBe(1);
  });

  it('opens as many connections as it may, and lets the rest wait', async () => {
    let [now, most] = [0, 0];
    let meet = () => {};
    const met = new Promise<void>((resolve) => (meet = resolve));
    const { port } = await serve((_request, response) => {
      most = Math.max(most, ++now);
      if (now === 2) meet();
      // Not before two have met: where the machine stalls, the first would have gone when the second comes.
      void met.then(() =>
        setTimeout(() => {
          now--;
          response.end('late');
        }, 20),
      );
    });
    const shop = target(port, 2);
    const statuses = await Promise.all(Array.from({ length: 6 }, () => ask(shop, '/')));
    expect(statuses).toEqual(Array(6).fill(200));
    expect(most).toBe(2);
  });

  it('answers 0 when the server goes away, and for one that is not there', async () => {
    const { port, server } = await serve((request) => request.socket.destroy());
    const shop = target(port);
    expect(await ask(shop, '/')).toBe(0);
    server.close();
    expect(await ask(shop, '/')).toBe(0);
  });
});

describe('Open loop', () => {
  it('sends in order, each once, none before its time, however long the answers take', async () => {
    const begun = performance.now();
    const sent: number[] = [];
    const late: number[] = [];
    const arrivals = [0, 5, 5, 30];
    await openLoop(arrivals, (index) => {
      sent.push(index);
      late.push(performance.now() - begun - arrivals[index]!);
    });
    expect(sent).toEqual([0, 1, 2, 3]);
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
  });

  it('has as many arrivals as the rate says, and none where there is none', () => {
    const random = new SeededRandom(7);
    const arrivals = poisson(
      () => random.next(),
      100_000,
      (ms) => (ms < 50_000 ? 100 : 0),
      200,
    );
    // 5,000 on average, with a standard deviation of 71.
    expect(Math.abs(arrivals.length - 5000)).toBeLessThan(300);
    expect(arrivals.at(-1)!).toBeLessThan(50_000);
  });
});

describe('Traces of the side by side', () => {
  it.each(Object.keys(TRACES) as TraceName[])('%s has the same requests for the same seed', (name) => {
    const requests = requestsOf(TRACES[name], 1);
    expect(requests).toEqual(requestsOf(TRACES[name], 1));
    expect(requests).not.toEqual(requestsOf(TRACES[name], 2));
    expect(requests.length).toBeGreaterThan(1000);
  });

  it('have nights without a single request', () => {
    const night = requestsOf(TRACES.diurnal, 1).filter(({ at }) => at > 5000 && at < 10_000);
    expect(night).toEqual([]);
  });
});
