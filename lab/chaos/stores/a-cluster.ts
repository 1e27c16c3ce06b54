import { Cluster, Redis } from 'ioredis';
import { startRedisCluster } from '../../../scripts/redis/index.mjs';
import { Proxy } from './proxy.js';
import { eventually, type Store } from './store.js';

/** A master that is stalled by the machine is not replaced: that loses data, and no model knows of it. ms */
const PATIENT = 30_000;
/** As soon as this is a master replaced that a fault has felled: ms. */
const HASTY = 1000;

type Servers = Awaited<ReturnType<typeof startRedisCluster>>;

/** One node, and a connection to it alone. */
export interface ClusterNode {
  readonly server: Servers['nodes'][number];
  readonly direct: Redis;
}

/** A Redis Cluster of three masters with a replica each. */
export class ACluster implements Store {
  private constructor(
    private readonly servers: Servers,
    readonly nodes: readonly ClusterNode[],
    readonly proxies: readonly Proxy[],
    readonly address: string,
    readonly direct: Cluster,
  ) {}

  static async start(): Promise<ACluster> {
    const servers = await startRedisCluster({ nodeTimeout: PATIENT });
    const proxies = servers.nodes.map((node) => new Proxy(node));
    const ports = await Promise.all(proxies.map((proxy) => proxy.listen()));
    // Nodes tell clients where the others are; clients of the fleet have to go by the proxies all the same.
    const natMap = Object.fromEntries(
      servers.nodes.map(({ host, port }, index) => [
        `${host}:${port}`,
        { host: '127.0.0.1', port: ports[index] },
      ]),
    );
    const address = JSON.stringify({ nodes: Object.values(natMap), natMap });
    const direct = new Cluster(
      servers.nodes.map(({ host, port }) => ({ host, port })),
      { redisOptions: { maxRetriesPerRequest: 0, autoResendUnfulfilledCommands: false } },
    );
    const nodes = servers.nodes.map((server) => ({ server, direct: new Redis(server.url) }));
    for (const client of [direct, ...nodes.map((node) => node.direct)]) client.on('error', () => {});
    const cluster = new ACluster(servers, nodes, proxies, address, direct);
    await cluster.isWhole();
    return cluster;
  }

  masters(): readonly Redis[] {
    return this.direct.nodes('master');
  }

  /** Each master with one of its replicas, as the nodes see it now. */
  async pairs(): Promise<{ readonly master: ClusterNode; readonly replica: ClusterNode }[]> {
    const roles = await Promise.all(
      this.nodes.map(async (node) => ({ node, role: await node.direct.role() })),
    );
    return roles.flatMap(({ node: replica, role: [kind, , port] }) => {
      if (kind !== 'slave') return [];
      const master = this.nodes.find(({ server }) => server.port === Number(port));
      return master === undefined ? [] : [{ master, replica }];
    });
  }

  async isMaster(node: ClusterNode): Promise<boolean> {
    const [kind] = await node.direct.role();
    return kind === 'master';
  }

  /** Every master has a replica that follows it, and every slot is served: only then may another master fail. */
  async isWhole(): Promise<void> {
    await eventually('the Cluster is whole', async () => {
      const infos = await Promise.all(
        this.nodes.map(async ({ direct }) => ({
          cluster: String(await direct.call('CLUSTER', 'INFO')),
          replication: await direct.info('replication'),
        })),
      );
      const isServed = infos.every(({ cluster }) => cluster.includes('cluster_state:ok'));
      const linked = infos.filter(({ replication }) => replication.includes('master_link_status:up'));
      return isServed && linked.length === this.nodes.length / 2 && (await this.pairs()).length === 3;
    });
  }

  /** From now on a replica takes over from a master that does not answer. It has all that the master has acknowledged so far. */
  async isReadyToFail(master: ClusterNode, replica: ClusterNode): Promise<void> {
    for (const { direct } of this.nodes) await direct.config('SET', 'cluster-node-timeout', HASTY);
    const offsetOf = async ({ direct }: ClusterNode) =>
      Number(/master_repl_offset:(\d+)/.exec(await direct.info('replication'))?.[1]);
    const offset = await offsetOf(master);
    await eventually('the replica has all data', async () => (await offsetOf(replica)) >= offset);
  }

  /** As before {@link isReadyToFail}; all nodes have to be up. */
  async isPatientAgain(): Promise<void> {
    for (const { direct } of this.nodes) {
      await eventually(
        'a node takes its timeout',
        async () => (await direct.config('SET', 'cluster-node-timeout', PATIENT)) === 'OK',
      );
    }
  }

  async stop(): Promise<void> {
    this.direct.disconnect();
    for (const { direct } of this.nodes) direct.disconnect();
    await Promise.all(this.proxies.map((proxy) => proxy.close()));
    await this.servers.stop();
  }
}
