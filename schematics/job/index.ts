import type { Rule, SchematicContext, Tree } from '@angular-devkit/schematics';
import { findModule, moduleClassOf } from '../project/find-module.js';
import { formatFiles } from '../project/format-files.js';
import { importSpecifier } from '../project/import-specifier.js';
import { rewrite } from '../project/rewrite.js';
import { addImport } from '../source/add-import.js';
import { addToModule } from '../source/add-to-module.js';
import { jobSource, specSource } from './job-files.js';
import { jobNames, type JobNames, type JobPlace } from './job-names.js';

/** Options of `nest g -c nestjs-work-stealing job <name>`. */
export interface JobSchematicOptions extends JobPlace {
  /** The share of enlistments that carry a slice of the job, 0 to 1; asked for in a terminal. @default 0.001 */
  readonly rate?: number;
  /** Whether to create a spec. @default true */
  readonly spec?: boolean;
  /** Whether to leave the module as it is. @default false */
  readonly skipImport?: boolean;
  /** Whether to format what is created with the project's Prettier. @default false */
  readonly format?: boolean;
  /** The language of the project: `ts`. */
  readonly language?: string;
}

/** Creates a job, its spec, and its place among the providers of the nearest module. */
export function job(options: JobSchematicOptions): Rule {
  return async (tree, context) => {
    const { rate = 0.001, spec = true, language } = options;
    if (language === 'js')
      throw new Error("language is 'js'; a job is a class with decorators, in TypeScript");
    const names = jobNames(options);
    const file = {
      className: names.className,
      rate,
      specifier: importSpecifier(tree, names.spec, names.file),
    };
    tree.create(names.file, jobSource(file));
    if (spec) tree.create(names.spec, specSource(file));
    const module = options.skipImport === true ? undefined : register(tree, context, names);
    if (options.format === true) {
      await formatFiles(tree, [names.file, names.spec, module]);
    }
  };
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
