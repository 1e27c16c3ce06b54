import { problemsOf, withDefaults, type AnyTable, type Resolved } from '../options/option-table.js';
import { refuse } from '../options/errors.js';

/**
 * Checks the options of a module and fills in the defaults.
 *
 * @param root - a provider of `WorkStealingModule.forRoot()`, which the module needs; undefined if it is not imported.
 * @param others - further problems.
 * @throws WorkStealingConfigError that lists all problems.
 */
export function moduleOptions<Options extends object, const Table extends AnyTable>(
  module: string,
  table: Table,
  options: Options,
  root: unknown,
  others: readonly string[] = [],
): Resolved<Options, Table> {
  const missing = root === undefined ? ['WorkStealingModule.forRoot() is not imported'] : [];
  refuse(module, [...problemsOf(table, options), ...others, ...missing]);
  return withDefaults(table, options);
}
