import { posix } from 'node:path';
import type { Rule, SchematicContext, Tree } from '@angular-devkit/schematics';
import { addDependency } from '../project/add-dependency.js';
import { rewrite } from '../project/rewrite.js';
import { moduleClassOf } from '../project/find-module.js';
import { teachJest } from '../project/teach-jest.js';
import { addImport } from '../source/add-import.js';
import { addToModule, moduleClasses } from '../source/add-to-module.js';

/** Options of `nest add nestjs-work-stealing`; the CLI says `sourceRoot`. */
export interface NestAddOptions {
  /** Whether to import `WorkStealingRedisModule` and to install ioredis; asked for in a terminal. @default false */
  readonly redis?: boolean;
  /** The folder of the application's source. @default src */
  readonly sourceRoot?: string;
  /**
   * The file of the application's module, from the root of the workspace or of the application.
   * @default app.module.ts in the folder of the source, or in a monorepo the module named like the application
   */
  readonly module?: string;
  /**
   * Whether to leave the installation of ioredis to the user. A string when the CLI was called with the option ahead of
   * the package: it hands on `--skip-install nestjs-work-stealing` as it stands. @default false
   */
  readonly skipInstall?: boolean | string;
}

/** The ioredis that this package is developed with. */
export const IOREDIS = '^6.0.0';

const CORE = { name: 'WorkStealingModule', from: 'nestjs-work-stealing', call: 'forRoot()' };
const REDIS = {
  name: 'WorkStealingRedisModule',
  from: 'nestjs-work-stealing/redis',
  call: "forRoot({\n\turl: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379',\n})",
};

/** Imports the module in the application's own, and that of Redis where it is wanted. Running it again adds nothing. */
export function nestAdd(options: NestAddOptions): Rule {
  return (tree, context) => {
    const { module, sourceRoot = 'src' } = options;
    const path = applicationModule(tree, module, sourceRoot);
    const wanted = options.redis === true ? [CORE, REDIS] : [CORE];
    rewrite(
      tree,
      path,
      wanted.reduce((source, added) => withModule(source, added, path), tree.readText(path)),
    );
    const added = options.redis === true && addDependency(tree, 'ioredis', IOREDIS);
    const { taught, left } = teachJest(tree, posix.dirname(sourceRoot));
    for (const file of taught)
      context.logger.info(`Jest compiles this package now: see transform in ${file}.`);
    for (const advice of left) context.logger.warn(advice);
    if (added && (options.skipInstall ?? false) === false) install(context);
    context.logger.info('Next: nest g -c nestjs-work-stealing job <name>, and @Enlist() on an easy method.');
  };
}

/** In a monorepo the CLI calls an application's module by the application: `apps/admin/src/admin.module.ts`. */
function applicationModule(tree: Tree, module: string | undefined, sourceRoot: string): string {
  const project = posix.dirname(sourceRoot);
  const candidates =
    module === undefined
      ? ['app', posix.basename(project)].map((name) => `${sourceRoot}/${name}.module.ts`)
      : [module, `${project}/${module}`, `${sourceRoot}/${module}`];
  const path = candidates.map((each) => posix.normalize(each)).find((each) => tree.exists(each));
  if (path !== undefined) return path;
  const files = tree.getDir(sourceRoot).subfiles.filter((file) => file.endsWith('.module.ts'));
  const example = `${sourceRoot}/${files.toSorted()[0] ?? 'main.module.ts'}`;
  throw new Error(
    `${module ?? candidates[0]} does not exist. Name the file of the application's module: ` +
      `nest add nestjs-work-stealing --module ${example}`,
  );
}

function withModule(source: string, { name, from, call }: typeof CORE, path: string): string {
  const added = addToModule(source, 'imports', `${name}.${call}`, moduleClassOf(path));
  if (added !== undefined) return addImport(added, name, from);
  const classes = moduleClasses(source);
  const found =
    classes.length > 1
      ? `has the modules ${classes.join(', ')}, and none is called ${moduleClassOf(path)}`
      : 'has no @Module({ imports: [...] }) to add to';
  const byHand = `${name}.${call.replaceAll(/\s+/g, ' ')}`;
  throw new Error(
    `${path} ${found}. Add ${byHand} of '${from}' by hand to the imports of the application's module.`,
  );
}

/** As `NodePackageInstallTask` of @angular-devkit/schematics, which only the CLI is sure to find. */
function install(context: SchematicContext): void {
  context.addTask({ toConfiguration: () => ({ name: 'node-package', options: { command: 'install' } }) });
}
