import { blankOut } from './blank-out.js';
import { elements, within, type Range } from './brackets.js';
import { indentOf, stepOf, styleOf } from './style.js';

/** Prettier's default: a list that fits stays on one line. */
const WIDTH = 80;

/**
 * The source with one more element at the end of the list in the brackets at `open`: on a line of its own where the
 * others are, or where the line would get too long.
 *
 * @param added the element; may go over several lines, with a tab for each step of indentation
 * @param pad what a list on one line has inside its brackets when it was empty: a blank in `{ a }`, nothing in `[a]`
 */
export function insertInto(source: string, open: number, added: string, pad: string): string {
  const code = blankOut(source);
  const list = within(code, open);
  if (list === undefined) return source;
  const element = added.replaceAll('\t', stepOf(source));
  const present = elements(code, list);
  const last = present.at(-1);
  const isOnLines = source.slice(list.start, list.end).includes('\n');
  if (last === undefined) return insertFirst(source, list, element, pad);
  if (isOnLines) return insertLine(source, code, last, element);
  const line = `${source.slice(0, last.end)}, ${element}${source.slice(last.end)}`;
  const isLong = element.includes('\n') || widthAt(line, open) > WIDTH;
  return isLong ? onLines(source, list, present, element) : line;
}

function insertFirst(source: string, { start, end }: Range, element: string, pad: string): string {
  const line = `${source.slice(0, start)}${pad}${element}${pad}${source.slice(end)}`;
  // What is between the brackets is blank or a comment, and a comment stays.
  if (source.slice(start, end).trim() !== '') {
    const { newline } = styleOf(source);
    const indent = indentOf(source, start);
    return `${source.slice(0, end).trimEnd()}${newline}${indent}${stepOf(source)}${indented(element, newline + indent + stepOf(source))},${newline}${indent}${source.slice(end)}`;
  }
  return widthAt(line, start) > WIDTH || element.includes('\n')
    ? onLines(source, { start, end }, [], element)
    : line;
}

function insertLine(source: string, code: string, last: Range, element: string): string {
  const { newline } = styleOf(source);
  const indent = indentOf(source, last.start);
  const line = `${newline}${indent}${indented(element, newline + indent)}`;
  const comma = /^\s*,/.exec(code.slice(last.end))?.[0].length;
  if (comma === undefined) {
    return `${source.slice(0, last.end)},${line}${source.slice(last.end)}`;
  }
  // After a comment that follows the last element on its line.
  const lineEnd = /\r?\n|$/.exec(source.slice(last.end + comma))!.index + last.end + comma;
  const isAlone = code.slice(last.end + comma, lineEnd).trim() === '';
  const at = isAlone ? lineEnd : last.end + comma;
  return `${source.slice(0, at)}${line},${source.slice(at)}`;
}

function onLines(source: string, list: Range, present: readonly Range[], element: string): string {
  const { newline } = styleOf(source);
  const outer = indentOf(source, list.start);
  const inner = `${newline}${outer}${stepOf(source)}`;
  const texts = [...present.map(({ start, end }) => source.slice(start, end)), indented(element, inner)];
  const lines = texts.map((text) => `${inner}${text},`).join('');
  return `${source.slice(0, list.start)}${lines}${newline}${outer}${source.slice(list.end)}`;
}

/** @param line a line end and the indentation of the first line */
function indented(element: string, line: string): string {
  return element.replaceAll('\n', line);
}

function widthAt(source: string, at: number): number {
  const start = source.lastIndexOf('\n', at) + 1;
  return /.*/.exec(source.slice(start))![0].length;
}
