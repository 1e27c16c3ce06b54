import { describeValue } from '../options/describe-value.js';
import { callback, option, range, text } from '../options/option.js';
import type { Option } from '../options/option-table.js';
import { isGroup, problemsOf, type OptionTable } from '../options/option-table.js';
import type { DashboardMount, WorkStealingDashboardOptions } from './dashboard.options.js';

/** Of the page, behind the application's global prefix. */
export const DEFAULT_PATH = '/work-stealing';

/** What each of {@link DashboardMount} may be. */
export const MOUNT_OPTIONS = {
  path: text(`a path such as ${DEFAULT_PATH}`, (value) => !/[\s?#*]/.test(value), DEFAULT_PATH),
  imports: listOf('module', () => true),
  guards: listOf('guard', isGuard),
  decorators: listOf('class decorator', (value) => typeof value === 'function'),
} satisfies OptionTable<DashboardMount>;

export const DASHBOARD_OPTIONS = {
  authorize: callback('a function of the request'),
  authorizeWrite: callback('a function of the request'),
  interval: range(250, 60_000, 1000, 'milliseconds'),
  secret: { fallback: undefined, mistakes: secretMistakes },
} satisfies OptionTable<WorkStealingDashboardOptions>;

/** Everything that is wrong with the options, one sentence each. */
export function dashboardOptionProblems(
  options: WorkStealingDashboardOptions,
  mount: DashboardMount,
  environment: string | undefined,
): string[] {
  const all = isGroup(options) ? { ...mount, ...options } : options;
  const problems = problemsOf({ ...MOUNT_OPTIONS, ...DASHBOARD_OPTIONS }, all);
  if (!isGroup(options) || options.authorize !== undefined || environment !== 'production') return problems;
  return [
    ...problems,
    'authorize is missing, and NODE_ENV is production: the dashboard would show job ids, errors and hosts. ' +
      'Give authorize: (request) => whether that visitor may look',
  ];
}

function listOf(what: string, isOne: (value: unknown) => boolean): Option {
  const list = option(`an array of ${what}s`, Array.isArray);
  const mistakes = (name: string, value: unknown) => {
    if (!Array.isArray(value)) return list.mistakes(name, value);
    const wrong = value.filter((each) => !isOne(each));
    return wrong.map((each) => new TypeError(`${name} has ${describeValue(each)}; expected a ${what}`));
  };
  return { fallback: undefined, mistakes };
}

function isGuard(value: unknown): boolean {
  // Nest makes an instance of a class; an arrow function is none.
  if (typeof value === 'function') return typeof value.prototype === 'object';
  return typeof value === 'object' && value !== null && 'canActivate' in value;
}

/** The value is not quoted: logs are no place for it. */
function secretMistakes(name: string, secret: unknown): Error[] {
  if (typeof secret === 'string' && secret.length >= 16) return [];
  const found = typeof secret === 'string' ? `a string of ${secret.length} characters` : `a ${typeof secret}`;
  return [new TypeError(`${name} is ${found}; expected a string of 16 characters or more`)];
}
