import { blankOut } from './blank-out.js';
import { elements, within } from './brackets.js';
import { insertInto } from './insert-into.js';

/**
 * The source of a module with one more element in a list of its `@Module({})`.
 *
 * @returns the source as it is when the element is there already; undefined when there is no such list to add to: no
 * `@Module({})`, or its property is something else than a list in brackets
 */
export function addToModule(
  source: string,
  property: 'imports' | 'providers',
  element: string,
): string | undefined {
  const code = blankOut(source);
  const decorator = /@Module\s*\(\s*\{/.exec(code);
  if (decorator === null) return undefined;
  const open = decorator.index + decorator[0].length - 1;
  const metadata = within(code, open);
  if (metadata === undefined) return undefined;
  const named = new RegExp(`^['"]?${property}\\b`);
  const found = elements(code, metadata).find(({ start }) => named.test(source.slice(start)));
  if (found === undefined) return insertInto(source, open, `${property}: [${element}]`, ' ');
  return addToList(source, code, found.start, found.end, element);
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
