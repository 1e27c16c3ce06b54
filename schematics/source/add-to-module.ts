import { blankOut } from './blank-out.js';
import { elements, within, type Range } from './brackets.js';
import { insertInto } from './insert-into.js';

/**
 * The source of a module with one more element in a list of its `@Module({})`. Of several modules in one file, `named`
 * is the class to add to.
 *
 * @returns the source as it is when the element is there already; undefined when there is no such list to add to: no
 * `@Module({})`, or its property is something else than a list in brackets
 */
export function addToModule(
  source: string,
  property: 'imports' | 'providers',
  element: string,
  named?: string,
): string | undefined {
  const code = blankOut(source);
  const modules = modulesOf(code);
  const module = modules.length > 1 ? modules.find(({ name }) => name === named) : modules[0];
  if (module === undefined) return undefined;
  const { open, metadata } = module;
  const key = new RegExp(`^['"]?${property}\\b`);
  const found = elements(code, metadata).find(({ start }) => key.test(source.slice(start)));
  if (found === undefined) return insertInto(source, open, `${property}: [${element}]`, ' ');
  return addToList(source, code, found.start, found.end, element);
}

/** Classes of a file with a `@Module({})`, in their order. */
export function moduleClasses(source: string): string[] {
  return modulesOf(blankOut(source)).map(({ name }) => name);
}

interface ModuleClass {
  readonly name: string;
  /** Where the brace of its metadata opens. */
  readonly open: number;
  readonly metadata: Range;
}

function modulesOf(code: string): ModuleClass[] {
  return [...code.matchAll(/@Module\s*\(\s*\{/g)].flatMap(({ index, 0: text }) => {
    const open = index + text.length - 1;
    const metadata = within(code, open);
    if (metadata === undefined) return [];
    const name = /\bclass\s+([\w$]+)/.exec(code.slice(metadata.end))?.[1] ?? '';
    return [{ name, open, metadata }];
  });
}

function addToList(
  source: string,
  code: string,
  start: number,
  end: number,
  element: string,
): string | undefined {
  const opened = /^[^[(:]*:\s*\[/.exec(code.slice(start, end));
  if (opened === null) return undefined;
  const open = start + opened[0].length - 1;
  const list = within(code, open);
  if (list === undefined || code.slice(list.end + 1, end).trim() !== '') return undefined;
  const name = nameOf(element);
  const isThere = elements(code, list).some((each) => nameOf(source.slice(each.start, each.end)) === name);
  return isThere ? source : insertInto(source, open, element, '');
}

/** `Redis` of `Redis.forRoot({})`: a module is imported once, whatever its options. */
function nameOf(element: string): string {
  return /^[\w$]*/.exec(element)![0];
}
