import { setTimeout as pause } from 'node:timers/promises';
import type { SeededRandom } from 'nestjs-work-stealing/testing';
import type { ACluster, ClusterNode } from '../stores/a-cluster.js';
import { eventually } from '../stores/store.js';
import type { Fault } from './fault.js';
import { pick } from './fault.js';

/** For so long an order to take over stands, and a little more: ms. */
const ORDER = 7000;

/** What is done to masters of a Cluster, each of which has a replica that takes over. */
export const CLUSTER_FAULTS: readonly Fault<ACluster>[] = [
  {
    name: 'failover by order',
    async inflict({ store }, random) {
      const { master, replica } = await aPair(store, random);
      // A master votes again for replicas of the same one only after two of its timeouts.
      await store.isReadyToFail(master, replica);
      // A node that is stalled meanwhile lets the order lapse.
      await eventually('the replica takes over by order', async () => {
        if (await store.isMaster(replica)) return true;
        await replica.direct.call('CLUSTER', 'FAILOVER');
        await eventually('the replica is master', () => store.isMaster(replica), ORDER);
        return true;
      });
      await promoted(store, replica);
      await store.isPatientAgain();
    },
  },
  {
    // Replication does not wait: what the master acknowledged last may be unknown to its replica.
    name: 'failover of a master that was killed',
    loses: 'latest',
    isOutage: true,
    async inflict({ store }, random) {
      const { master, replica } = await aPair(store, random);
      await store.isReadyToFail(master, replica);
      master.server.kill('SIGKILL');
      await promoted(store, replica);
      await master.server.restart();
      await store.isPatientAgain();
    },
  },
  {
    name: 'failover of a master that was stopped, and goes on later',
    loses: 'latest',
    isOutage: true,
    async inflict({ store }, random, long) {
      const { master, replica } = await aPair(store, random);
      await store.isReadyToFail(master, replica);
      master.server.kill('SIGSTOP');
      await promoted(store, replica);
      await pause(long / 4);
      master.server.kill('SIGCONT');
      await eventually('the old master is a replica', async () => !(await store.isMaster(master)));
      await store.isPatientAgain();
    },
  },
];

async function aPair(store: ACluster, random: SeededRandom) {
  await store.isWhole();
  return pick(random, await store.pairs());
}

async function promoted(store: ACluster, replica: ClusterNode): Promise<void> {
  await eventually('the replica is master', () => store.isMaster(replica));
  await eventually('every slot is served', async () =>
    String(await replica.direct.call('CLUSTER', 'INFO')).includes('cluster_state:ok'),
  );
}
