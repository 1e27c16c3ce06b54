import type { CanActivate, ConfigurableModuleAsyncOptions, ModuleMetadata, Type } from '@nestjs/common';
import { nestModule } from '../nest/nest-module.js';
import { describeValue } from '../options/describe-value.js';
import { callback, option, range, text } from '../options/option.js';
import { isGroup, problemsOf, type Option, type OptionTable } from '../options/option-table.js';
import type { DashboardRequest } from './request.js';

/** Options of `WorkStealingDashboardModule`: who may view the dashboard, and who may control the fleet with it. */
export interface WorkStealingDashboardOptions {
  /**
   * Whether a visitor may view the dashboard; only `true` allows it. Without this option nobody may, and the application
   * does not start if `NODE_ENV` is `production`.
   */
  authorize?(request: DashboardRequest): boolean | Promise<boolean>;
  /**
   * Returns the name of a visitor who may change rates, pause jobs and run them, for the audit list: 1 to 200 characters.
   * Any other value, such as `undefined`, denies it. `authorize` must allow the visitor too. Without this option nobody
   * may.
   */
  authorizeWrite?(
    request: DashboardRequest,
  ): string | false | null | undefined | Promise<string | false | null | undefined>;
  /** How often the fleet is read while a page is open: ms, 250 to 60,000. @default 1000 */
  interval?: number | undefined;
  /**
   * Secret shared by all processes of the fleet: at least 16 characters. With it, each write also needs a token that is
   * signed with the secret and was issued to the page for this visitor. @default none (the header and origin checks only)
   */
  secret?: string | undefined;
}

/** Where the dashboard is mounted. Needed before any options factory runs. */
export interface DashboardMount {
  /** Path of the page, behind the application's global prefix. @default /work-stealing */
  path?: string;
  /** Guards that run before `authorize`, as in `@UseGuards()`; they may set `request.user`. */
  guards?: readonly (CanActivate | Type<CanActivate>)[];
  /** Class decorators for the controller, such as `Public()` or `SkipThrottle()`, for guards of the whole application. */
  decorators?: readonly ClassDecorator[];
  /** Modules whose exports the guards need. */
  imports?: ModuleMetadata['imports'];
}

/** Interface of a class passed as `useClass` or `useExisting`. */
export interface WorkStealingDashboardOptionsFactory {
  /** Returns the options. Called once, at bootstrap. */
  createWorkStealingDashboardOptions(): WorkStealingDashboardOptions | Promise<WorkStealingDashboardOptions>;
}

const definition = nestModule<WorkStealingDashboardOptions, 'WorkStealingDashboard'>('WorkStealingDashboard');

export const ConfigurableDashboardModule = definition.Base;

/** Injection token of the options of `WorkStealingDashboardModule`. */
export const WORK_STEALING_DASHBOARD_OPTIONS: string | symbol = definition.token;

/** Options from a factory, a class or an existing provider, for `forRootAsync`; the mount options are beside them. */
export type WorkStealingDashboardAsyncOptions = ConfigurableModuleAsyncOptions<
  WorkStealingDashboardOptions,
  'createWorkStealingDashboardOptions'
> &
  Omit<DashboardMount, 'imports'>;

/** Default of {@link DashboardMount.path}. */
export const DEFAULT_PATH = '/work-stealing';

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

/** All problems of the options, one sentence each. */
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
      'Pass `authorize: (request) => boolean` to forRoot()',
  ];
}

function listOf(what: string, isValid: (value: unknown) => boolean): Option {
  const list = option(`an array of ${what}s`, Array.isArray);
  const mistakes = (name: string, value: unknown) => {
    if (!Array.isArray(value)) return list.mistakes(name, value);
    const wrong = value.filter((each) => !isValid(each));
    return wrong.map((each) => new TypeError(`${name} has ${describeValue(each)}; expected a ${what}`));
  };
  return { fallback: undefined, mistakes };
}

function isGuard(value: unknown): boolean {
  // Nest instantiates a class; an arrow function is not one.
  if (typeof value === 'function') return typeof value.prototype === 'object';
  return typeof value === 'object' && value !== null && 'canActivate' in value;
}

/** Does not quote the value, which must not reach a log. */
function secretMistakes(name: string, secret: unknown): Error[] {
  if (typeof secret === 'string' && secret.length >= 16) return [];
  const found = typeof secret === 'string' ? `a string of ${secret.length} characters` : `a ${typeof secret}`;
  return [new TypeError(`${name} is ${found}; expected a string of 16 characters or more`)];
}
