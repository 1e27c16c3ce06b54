import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

export { promtool, startPrometheus } from '../../scripts/prometheus/index.mjs';

/** The samples of one metric by their labels, in the order in which the metric names them, the default recruiter left out. */
export async function samplesOf(
  registry: Pick<Registry, 'getSingleMetric'>,
  name: string,
): Promise<Record<string, number>> {
  const metric = registry.getSingleMetric(name);
  if (metric === undefined) throw new Error(`There is no metric "${name}"`);
  const { values } = await metric.get();
  const written = values.map(({ labels, value }) => {
    const { recruiter, ...rest } = labels as Record<string, string>;
    const parts = [...(recruiter === 'default' ? [] : [recruiter]), ...Object.values(rest)];
    return [parts.filter((part) => part !== '').join(' '), value] as const;
  });
  return Object.fromEntries(written);
}

/** Shows a registry on a port of 127.0.0.1. */
export async function serveMetrics(
  registry: Pick<Registry, 'metrics' | 'contentType'>,
): Promise<{ target: string; close(): Promise<void> }> {
  const server: Server = createServer((_request, response) => {
    void registry.metrics().then((text) => {
      response.setHeader('content-type', registry.contentType).end(text);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    target: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
