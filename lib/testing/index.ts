export { deterministic } from './deterministic.js';
export { ManualClock, type ManualClockOptions } from './manual-clock.js';
export { MemoryCoordinator } from './memory-coordinator.js';
export { dismissAll, recruitAll, recruitNext } from './recruit.js';
export { SeededRandom } from './seeded-random.js';
export { WorkStealingTestingModule } from './testing.module.js';
