import { describeValue } from '../recruiter/describe-value.js';
import { unknownOptionProblems } from '../recruiter/unknown-options.js';
import type { DashboardMount, WorkStealingDashboardOptions } from './dashboard.options.js';

/** Of the page, behind the application's global prefix. */
export const DEFAULT_PATH = '/work-stealing';
/** ms between looks at the fleet. */
export const DEFAULT_INTERVAL = 1000;

const KNOWN = new Set([
  'path',
  'guards',
  'decorators',
  'imports',
  'authorize',
  'authorizeWrite',
  'interval',
  'secret',
]);
const FUNCTIONS = ['authorize', 'authorizeWrite'] as const;

/** Everything that is wrong with the options, one sentence each. */
export function dashboardOptionProblems(
  options: WorkStealingDashboardOptions,
  mount: DashboardMount,
  environment: string | undefined,
): string[] {
  if (typeof options !== 'object' || options === null) {
    return [`options are ${describeValue(options)}; expected an object such as { authorize }`];
  }
  return [
    ...unknownOptionProblems(options, KNOWN),
    ...mountProblems(mount),
    ...FUNCTIONS.filter((name) => !isFunctionOrNone(options[name])).map(
      (name) => `${name} is ${describeValue(options[name])}; expected a function of the request`,
    ),
    ...intervalProblems(options.interval),
    ...secretProblems(options.secret),
    ...openProblems(options, environment),
  ];
}

/** What is wrong with where it is to be mounted. */
export function mountProblems({ path, guards, decorators, imports }: DashboardMount): string[] {
  const problems: string[] = [];
  if (path !== undefined && (typeof path !== 'string' || /[\s?#*]/.test(path))) {
    problems.push(`path is ${describeValue(path)}; expected a path such as ${DEFAULT_PATH}`);
  }
  return [
    ...problems,
    ...listProblems('imports', imports, 'module', () => true),
    ...listProblems('guards', guards, 'guard', isGuard),
    ...listProblems('decorators', decorators, 'class decorator', (value) => typeof value === 'function'),
  ];
}

function listProblems(
  name: keyof DashboardMount,
  value: unknown,
  what: string,
  isOne: (value: unknown) => boolean,
): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) return [`${name} is ${describeValue(value)}; expected an array of ${what}s`];
  return value
    .filter((each) => !isOne(each))
    .map((each) => `${name} has ${describeValue(each)}; expected a ${what}`);
}

function isGuard(value: unknown): boolean {
  // Nest makes an instance of a class; an arrow function is none.
  if (typeof value === 'function') return typeof value.prototype === 'object';
  return typeof value === 'object' && value !== null && 'canActivate' in value;
}

function intervalProblems(interval: unknown): string[] {
  if (interval === undefined) return [];
  if (typeof interval === 'number' && interval >= 250 && interval <= 60_000) return [];
  return [`interval is ${describeValue(interval)}; expected ms from 250 to 60000`];
}

/** The value is not quoted: logs are no place for it. */
function secretProblems(secret: unknown): string[] {
  if (secret === undefined || (typeof secret === 'string' && secret.length >= 16)) return [];
  const found = typeof secret === 'string' ? `a text of ${secret.length} characters` : `a ${typeof secret}`;
  return [`secret is ${found}; expected a text of 16 characters or more`];
}

function openProblems(options: WorkStealingDashboardOptions, environment: string | undefined): string[] {
  if (options.authorize !== undefined || environment !== 'production') return [];
  return [
    'authorize is missing, and NODE_ENV is production: the dashboard would show job ids, errors and hosts. ' +
      'Give authorize: (request) => whether that visitor may look',
  ];
}

function isFunctionOrNone(value: unknown): boolean {
  return value === undefined || typeof value === 'function';
}
