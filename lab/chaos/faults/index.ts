import type { ACluster } from '../stores/a-cluster.js';
import type { OneServer } from '../stores/one-server.js';
import { CLUSTER_FAULTS } from './cluster.js';
import { CONNECTION_FAULTS } from './connections.js';
import type { Fault } from './fault.js';
import { SERVER_FAULTS } from './one-server.js';
import { WORKER_FAULTS } from './workers.js';

/** All that is inflicted on a fleet with one server. */
export const ON_ONE_SERVER: readonly Fault<OneServer>[] = [
  ...WORKER_FAULTS,
  ...CONNECTION_FAULTS,
  ...SERVER_FAULTS,
];

/** All that is inflicted on a fleet with a Cluster. */
export const ON_A_CLUSTER: readonly Fault<ACluster>[] = [
  ...CLUSTER_FAULTS,
  ...CONNECTION_FAULTS,
  ...WORKER_FAULTS,
];

/** Those of them that matter where the data is on several servers. */
export const ONLY_ON_A_CLUSTER: readonly Fault<ACluster>[] = [
  ...CLUSTER_FAULTS,
  ...CONNECTION_FAULTS.filter(({ name }) => ['SCRIPT FLUSH', 'all connections cut'].includes(name)),
];

export type { Fault } from './fault.js';
