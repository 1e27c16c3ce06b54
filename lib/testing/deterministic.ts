import type { WorkStealingOptions } from '../work-stealing.options.js';
import { omitUndefined } from '../options/option-table.js';
import { SeededRandom } from './seeded-random.js';

/**
 * Options under which nothing but the lottery decides: no back-off, no load gate, no rest between slices, no timers,
 * and chance from a fixed seed. Hand them to `overrideProvider(WORK_STEALING_OPTIONS).useValue(deterministic())` to
 * test an application that imports `WorkStealingModule.forRoot()` itself.
 *
 * @param options - what the test wants otherwise.
 */
export function deterministic(options: WorkStealingOptions = {}): WorkStealingOptions {
  return {
    adaptive: false,
    load: false,
    idle: false,
    dutyCycle: 1,
    random: new SeededRandom(1),
    ...omitUndefined(options),
  };
}
