import type { WorkStealingOptions } from '../work-stealing.options.js';
import { omitUndefined } from '../options/option-table.js';
import { SeededRandom } from './seeded-random.js';

/**
 * Returns options under which only the lottery decides: no back-off, no load gate, no rest between slices, no timers, and
 * a random source with a fixed seed. To test an application that imports `WorkStealingModule.forRoot()` itself, use
 * `overrideProvider(WORK_STEALING_OPTIONS).useValue(deterministic())`.
 *
 * @param options - options that replace these.
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
