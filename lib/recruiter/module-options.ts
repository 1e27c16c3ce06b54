import { describeValue } from './describe-value.js';
import { WorkStealingConfigError } from './errors.js';

/** Where options may come from. */
interface Sources {
  readonly useFactory?: unknown;
  readonly useClass?: unknown;
  readonly useExisting?: unknown;
}

/**
 * Nest would complain of a dependency that nobody has written.
 *
 * @throws WorkStealingConfigError when the options of `forRootAsync()` name no source.
 */
export function refuseWithoutSource(module: string, options: unknown): void {
  const { useFactory, useClass, useExisting } = Object(options) as Sources;
  if (useFactory ? typeof useFactory === 'function' : (useClass ?? useExisting)) return;
  throw new WorkStealingConfigError(
    `${module}.forRootAsync(): options are ${describeValue(options)}; expected one of useFactory, useClass and useExisting`,
  );
}

/**
 * The class of a module alone, without `forRoot`, would do nothing and say nothing.
 *
 * @param modules - all of the application, each with its providers by token.
 * @param token - of a provider that `forRoot` brings.
 * @param where - to import it: `instead`, `in the root module`.
 * @throws WorkStealingConfigError when none of them provides it.
 */
export function refuseWithoutOptions(
  module: string,
  modules: Iterable<{ readonly providers: { has(token: string | symbol | Function): boolean } }>,
  token: string | symbol | Function,
  where = 'instead',
): void {
  if ([...modules].some(({ providers }) => providers.has(token))) return;
  throw new WorkStealingConfigError(
    `${module} is imported without options: import ${module}.forRoot() ${where}.`,
  );
}
