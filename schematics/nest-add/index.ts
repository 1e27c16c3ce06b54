import type { Rule, SchematicContext, Tree } from '@angular-devkit/schematics';
import { addDependency } from '../project/add-dependency.js';
import { rewrite } from '../project/rewrite.js';
import { teachJest } from '../project/teach-jest.js';
import { addImport } from '../source/add-import.js';
import { addToModule } from '../source/add-to-module.js';

/** Options of `nest add nestjs-work-stealing`; the CLI says `sourceRoot`. */
export interface NestAddOptions {
  /** Whether to import `WorkStealingRedisModule` and to install ioredis; asked for in a terminal. @default false */
  readonly redis?: boolean;
  /** The folder of the application's source. @default src */
  readonly sourceRoot?: string;
  /** The file of the application's module. @default app.module.ts in the folder of the source */
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
  call: "forRoot({ url: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379' })",
};

/** Imports the module in the application's own, and that of Redis where it is wanted. Running it again adds nothing. */
export function nestAdd(options: NestAddOptions): Rule {
  return (tree, context) => {
    const path = applicationModule(tree, options);
    const wanted = options.redis === true ? [CORE, REDIS] : [CORE];
    rewrite(
      tree,
      path,
      wanted.reduce((source, added) => withModule(source, added, path), tree.readText(path)),
    );
    const added = options.redis === true && addDependency(tree, 'ioredis', IOREDIS);
    const { changed, byHand } = teachJest(tree);
    if (changed.length > 0) {
      context.logger.info(`Jest compiles this package now: see transform in ${changed.join(' and ')}.`);
    }
    if (byHand !== undefined) {
      context.logger.warn(
        `${byHand.path} is code: so that Jest compiles this package, which is made of ES modules, add to it ${byHand.addition}`,
      );
    }
    if (added && (options.skipInstall ?? false) === false) install(context);
    context.logger.info('Next: nest g -c nestjs-work-stealing job <name>, and @Enlist() on an easy method.');
  };
}

function applicationModule(tree: Tree, { module, sourceRoot = 'src' }: NestAddOptions): string {
  const path = module ?? `${sourceRoot}/app.module.ts`;
  if (tree.exists(path)) return path;
  throw new Error(
    `${path} does not exist. Name the file of the application's module: ` +
      'nest add nestjs-work-stealing --module src/main.module.ts',
  );
}

function withModule(source: string, { name, from, call }: typeof CORE, path: string): string {
  const added = addToModule(source, 'imports', `${name}.${call}`);
  if (added !== undefined) return addImport(added, name, from);
  throw new Error(
    `${path} has no @Module({ imports: [...] }) to add to. Add by hand ${name}.${call} of '${from}'.`,
  );
}

/** As `NodePackageInstallTask` of @angular-devkit/schematics, which only the CLI is sure to find. */
function install(context: SchematicContext): void {
  context.addTask({ toConfiguration: () => ({ name: 'node-package', options: { command: 'install' } }) });
}
