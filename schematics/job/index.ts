import type { Rule, SchematicContext, Tree } from '@angular-devkit/schematics';
import { findModule, moduleClassOf } from '../project/find-module.js';
import { formatFiles } from '../project/format-files.js';
import { importSpecifier } from '../project/import-specifier.js';
import { rewrite } from '../project/rewrite.js';
import { addImport } from '../source/add-import.js';
import { addToModule } from '../source/add-to-module.js';
import { cursorJobSource, cursorSpecSource } from './cursor-job-files.js';
import { jobSource, specSource } from './job-files.js';
import { jobNames, type JobNames, type JobPlace } from './job-names.js';
import { decoratorOf, type When } from './when-it-runs.js';

/** Options of `nest g -c nestjs-work-stealing job <name>`. */
export interface JobSchematicOptions extends JobPlace, When {
  /** Whether to create a spec. @default true */
  readonly spec?: boolean;
  /** Whether to leave the module as it is. @default false */
  readonly skipImport?: boolean;
  /** Whether to format what is created with the project's Prettier. @default false */
  readonly format?: boolean;
  /** The language of the project: `ts`. */
  readonly language?: string;
}

const NO_FLEET =
  "This project has no client of Redis, so the period is each process's own (scope: 'process'). For once in the whole fleet: " +
  'npm install ioredis, import WorkStealingRedisModule, and leave the scope out.';

/** Creates a job, its spec, and its place among the providers of the nearest module. */
export function job(options: JobSchematicOptions): Rule {
  return async (tree, context) => {
    const { type = 'rate', spec = true, language } = options;
    if (language === 'js')
      throw new Error("language is 'js'; a job is a class with decorators, in TypeScript");
    const names = jobNames(options);
    const client = redisClientOf(tree);
    const scope = options.scope ?? (client === undefined ? 'process' : 'fleet');
    const file = {
      className: names.className,
      decorator: decoratorOf(names.className, { ...options, scope }),
      specifier: importSpecifier(tree, names.spec, names.file),
      client: client ?? 'ioredis',
    };
    const [source, specOf] =
      type === 'cursor' ? [cursorJobSource, cursorSpecSource] : [jobSource, specSource];
    tree.create(names.file, source(file));
    if (spec) tree.create(names.spec, specOf(file));
    if (type === 'cursor' && client === undefined) context.logger.warn(NO_REDIS);
    if (type === 'every' && client === undefined && options.scope === undefined)
      context.logger.warn(NO_FLEET);
    const module = options.skipImport === true ? undefined : register(tree, context, names);
    if (options.format === true) {
      await formatFiles(tree, [names.file, names.spec, module]);
    }
  };
}

const NO_REDIS =
  'A CursorJob keeps its cursor in Redis, and the project has no client of Redis. ' +
  'Add WorkStealingRedisModule: nest add nestjs-work-stealing --redis';

/** The package of the project's client of Redis, if it has one. */
function redisClientOf(tree: Tree): string | undefined {
  if (!tree.exists('/package.json')) return undefined;
  const manifest = tree.readJson('/package.json') as { dependencies?: object } | null;
  return ['ioredis', 'iovalkey'].find((name) => name in (manifest?.dependencies ?? {}));
}

function register(tree: Tree, context: SchematicContext, names: JobNames): string | undefined {
  const path = findModule(tree, names.folder);
  const source = path === undefined ? '' : tree.readText(path);
  const added = addToModule(source, 'providers', names.className, moduleClassOf(path ?? ''));
  if (path === undefined || added === undefined) {
    const where = path === undefined ? 'No module' : `No one @Module({ providers: [...] }) in ${path}`;
    context.logger.warn(`${where} to add the job to. Add ${names.className} to the providers of a module.`);
    return undefined;
  }
  rewrite(tree, path, addImport(added, names.className, importSpecifier(tree, path, names.file)));
  return path;
}
