import { TestEnvironment } from 'jest-environment-node';

/** What takes long to start or to wait for: fleets of processes, Clusters, other servers, databases, applications. */
const HEAVY =
  /\bCluster\b|killed|processes|PostgreSQL|BullMQ|Valkey 9|Redis 8|WorkStealingModule|by the module/;

/** For mutation runs, which repeat tests hundreds of times: leaves out heavy tests, in whatever files they stand. */
export default class LeanEnvironment extends TestEnvironment {
  handleTestEvent(event, state) {
    if (event.name === 'run_start') leaveOut(state.rootDescribeBlock);
  }
}

function leaveOut(block) {
  block.children = block.children.filter(({ name }) => !HEAVY.test(name));
  for (const child of block.children) if (child.type === 'describeBlock') leaveOut(child);
}
