import { group, orFalse, range, text } from '../../options/option.js';
import type { OptionTable } from '../../options/option-table.js';

/** How a process takes part in the fleet's view of itself and in live control. */
export interface FleetOptions {
  /**
   * How often the process says what it does: ms, 250 to 60,000. In a fleet of more than 400 processes it is less often,
   * so that all of them together write 200 times a second at most. One that is silent for three intervals (2 s at
   * least) counts as gone. @default 2000
   */
  interval?: number | undefined;
  /** Of the application, as the fleet view shows it: 1 to 100 characters. */
  version?: string | undefined;
}

/** Default of {@link FleetOptions.interval}: often enough for a page that somebody looks at, one small write for Redis. */
export const DEFAULT_INTERVAL = 2000;

const LONGEST_VERSION = 100;

/** The option `fleet`: `false`, or {@link FleetOptions}. */
export const FLEET = orFalse(
  group(
    {
      interval: range(250, 60_000, DEFAULT_INTERVAL, 'milliseconds'),
      version: text(
        `a string of 1 to ${LONGEST_VERSION} characters`,
        (value) => value.trim() !== '' && value.length <= LONGEST_VERSION,
      ),
    } satisfies OptionTable<FleetOptions>,
    'false or { interval, version }',
  ),
);
