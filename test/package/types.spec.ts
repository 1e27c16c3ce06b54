import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';

const root = resolve(import.meta.dirname, '../..');

const PREAMBLE = `
import { applyDecorators, Controller, Injectable } from '@nestjs/common';
import { Enlist, StealableJob, type EnlistOptions, type Slice, type StealableJobOptions } from 'nestjs-work-stealing';
import { Observable } from 'rxjs';
interface Page { html: string; cached: boolean }
const untyped: any = undefined;
`;

/** Compiles each source by itself, as an application with strict options does; the errors of each. */
function errorsOf(sources: readonly string[]): string[] {
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(resolve(root, 'tsconfig.json'), (path) => ts.sys.readFile(path)).config,
    ts.sys,
    root,
  );
  const names = sources.map((_, index) => resolve(root, `test/types.${index}.virtual.ts`));
  const texts = new Map(sources.map((source, index) => [names[index]!, PREAMBLE + source]));
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists, getSourceFile } = host;
  host.fileExists = (path) => texts.has(path) || fileExists(path);
  host.readFile = (path) => texts.get(path) ?? readFile(path);
  host.getSourceFile = (path, language) =>
    texts.has(path) ? ts.createSourceFile(path, texts.get(path)!, language) : getSourceFile(path, language);
  const checked = { ...options, noEmit: true, noUnusedLocals: false, noUnusedParameters: false };
  const program = ts.createProgram(names, checked, host);
  return names.map((name) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(name))
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))
      .join('\n'),
  );
}

const method = (decorator: string, signature: string) =>
  `class Films { ${decorator} ${signature} { return untyped; } }`;

const typed = '@Enlist({ when: (page: Page) => page.cached })';
const compiles: Record<string, string> = {
  'when of an unnamed result': method('@Enlist({ when: (page) => page.cached })', 'page(): string'),
  'when of an untyped result': method(typed, 'page(): any'),
  'when of the result': method(typed, 'page(id: string, page: number): Page'),
  'when of what a promise resolves to': method(typed, 'async page(): Promise<Page>'),
  'when of what an Observable emits': method(typed, 'page(): Observable<Page>'),
  'when of what a generator returns': method(typed, '*page(): Generator<string, Page, undefined>'),
  'when of a part of the result': method(
    '@Enlist({ when: ({ cached }: { cached: boolean }) => cached })',
    'async page(): Promise<Page>',
  ),
  'when of one of several results': method(
    '@Enlist({ when: (page: Page | undefined) => page === undefined })',
    'async page(): Promise<Page | undefined>',
  ),
  'no options': method('@Enlist()', 'page(): string'),
  'decorators that are composed': `const Both = () => applyDecorators(${typed.slice(1)}, Enlist(), StealableJob(0.1));
    class Films { @Both() page(): Page { return untyped; } }`,
  'a job class that is composed': `const Chore = () => applyDecorators(StealableJob(0.1), Injectable());
    @Chore() class Purge { recruited() {} }`,
  'a job class': '@StealableJob(0.1) class Purge { constructor(readonly url: string) {} recruited() {} }',
  'an abstract job class':
    '@StealableJob(0.1) abstract class Purge { abstract recruited(slice: Slice): Promise<void>; }',
  'a job class on top of others':
    '@StealableJob(0.1) @Injectable() class Purge { async recruited(slice: Slice) { return { done: 1, limit: 2 }; } }',
  'a method without arguments': method('@StealableJob(0.1)', 'fold(): void'),
  'a private method of a slice': method(
    '@StealableJob(0.1)',
    'private async fold(slice: Slice): Promise<void>',
  ),
  'options that are left undefined': `const options: StealableJobOptions = { rate: 0.1, budget: undefined, id: undefined };
    const enlist: EnlistOptions = { when: undefined, recruiter: undefined };`,
};
const fails: Record<string, [string, RegExp]> = {
  'when of another result': [method(typed, 'page(): string'), /OtherResult/],
  'when of the promise rather than its result': [
    method('@Enlist({ when: (page: Promise<Page>) => true })', 'async page(): Promise<number>'),
    /OtherResult/,
  ],
  'when that does not know that there may be none': [
    method(typed, 'async page(): Promise<Page | undefined>'),
    /OtherResult/,
  ],
  '@Enlist() on a property': [`class Films { ${typed} page = () => untyped; }`, /OtherResult/],
  '@Enlist() on a class': ['@Enlist() class Films {}', /decorator/],
  'a job class without recruited()': ['@StealableJob(0.1) class Purge {}', /recruited|decorator/],
  'a job class with another recruited()': [
    '@StealableJob(0.1) class Purge { recruited() { return "done"; } }',
    /decorator/,
  ],
  'a method that needs more than the slice': [
    method('@StealableJob(0.1)', 'fold(slice: Slice, more: string): void'),
    /NotAJob/,
  ],
  'a method of something else': [method('@StealableJob(0.1)', 'fold(id: string): void'), /NotAJob/],
  'a method that returns something else': [method('@StealableJob(0.1)', 'fold(): string'), /NotAJob/],
  'a job that is a property': ['class Films { @StealableJob(0.1) fold = () => undefined; }', /NotAJob/],
};

describe('The types of the decorators', () => {
  const cases = [
    ...Object.entries(compiles),
    ...Object.entries(fails).map(([name, [source]]) => [name, source] as const),
  ];
  const errors = new Map(
    errorsOf(cases.map(([, source]) => source)).map((each, index) => [cases[index]![0], each]),
  );

  it.each(Object.keys(compiles))('take %s', (name) => {
    expect(errors.get(name)).toBe('');
  });

  it.each(Object.entries(fails))('refuse %s', (name, [, message]) => {
    expect(errors.get(name)).toMatch(message);
  });
});
