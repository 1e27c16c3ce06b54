import { group, orFalse, range, text } from '../../options/option.js';
import type { OptionTable } from '../../options/option-table.js';

/** How a process takes part in the fleet's view and in live control. */
export interface FleetOptions {
  /**
   * How often the process publishes its state: ms, 250 to 60,000. In a fleet of more than 400 processes the interval
   * grows, so that the whole fleet writes at most 200 times a second. A process that has not published for three
   * intervals (at least 2 s) counts as gone. @default 2000
   */
  interval?: number | undefined;
  /** Application version, as the fleet view shows it: 1 to 100 characters. @default none */
  version?: string | undefined;
}

/** Default of {@link FleetOptions.interval}: ms. Often enough for a page that a person watches, one small write each. */
export const DEFAULT_INTERVAL = 2000;

const MAX_VERSION_LENGTH = 100;

/** The option `fleet`: `false`, or {@link FleetOptions}. */
export const FLEET = orFalse(
  group(
    {
      interval: range(250, 60_000, DEFAULT_INTERVAL, 'milliseconds'),
      version: text(
        `a string of 1 to ${MAX_VERSION_LENGTH} characters`,
        (value) => value.trim() !== '' && value.length <= MAX_VERSION_LENGTH,
      ),
    } satisfies OptionTable<FleetOptions>,
    'false or { interval, version }',
  ),
);
