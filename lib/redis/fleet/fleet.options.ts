import { describeValue } from '../../recruiter/describe-value.js';
import { unknownOptionProblems } from '../../recruiter/unknown-options.js';

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

const KNOWN = new Set(['interval', 'version']);
const SHORTEST = 250;
const LONGEST = 60_000;
const LONGEST_VERSION = 100;

/** Everything that is wrong with the options, one sentence each. */
export function fleetOptionProblems(fleet: unknown): string[] {
  if (fleet === undefined || fleet === false) return [];
  if (typeof fleet !== 'object' || fleet === null) {
    return [`fleet is ${describeValue(fleet)}; expected false or { interval, version }`];
  }
  const problems = unknownOptionProblems(fleet, KNOWN, 'of fleet: ');
  const { interval, version } = fleet as { interval?: unknown; version?: unknown };
  if (interval !== undefined && !isInterval(interval)) {
    problems.push(
      `fleet.interval is ${describeValue(interval)}; expected milliseconds from ${SHORTEST} to ${LONGEST}`,
    );
  }
  if (version !== undefined && !isVersion(version)) {
    problems.push(
      `fleet.version is ${describeValue(version)}; expected a text of 1 to ${LONGEST_VERSION} characters`,
    );
  }
  return problems;
}

function isInterval(value: unknown): boolean {
  return typeof value === 'number' && value >= SHORTEST && value <= LONGEST;
}

function isVersion(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '' && value.length <= LONGEST_VERSION;
}
