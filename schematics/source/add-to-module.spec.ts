import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { addImport } from './add-import.js';
import { addToModule } from './add-to-module.js';
import { blankOut } from './blank-out.js';

const module = (metadata: string) => `@Module(${metadata})\nexport class AppModule {}\n`;

/** What becomes of the metadata when `Chore` is added to the providers. */
function provided(metadata: string): string | undefined {
  const source = addToModule(module(metadata), 'providers', 'Chore');
  if (source === undefined) return undefined;
  expect(ts.transpileModule(source, { reportDiagnostics: true }).diagnostics).toEqual([]);
  return source.slice('@Module('.length, source.indexOf(')\nexport'));
}

describe('A provider that is added to a module', () => {
  it.each([
    ['{}', '{ providers: [Chore] }'],
    ['{ }', '{ providers: [Chore] }'],
    ['{ providers: [] }', '{ providers: [Chore] }'],
    ['{ providers: [\n  ] }', '{ providers: [Chore] }'],
    ['{ imports: [A] }', '{ imports: [A], providers: [Chore] }'],
    ['{\n\timports: [A],\n}', '{\n\timports: [A],\n\tproviders: [Chore],\n}'],
    ['{\n  imports: [A]\n}', '{\n  imports: [A],\n  providers: [Chore]\n}'],
    ['{\r\n  imports: [A],\r\n}', '{\r\n  imports: [A],\r\n  providers: [Chore],\r\n}'],
    ['{ providers: [A], }', '{ providers: [A, Chore], }'],
    ['{ providers: [A, ] }', '{ providers: [A, Chore, ] }'],
    ["{ 'providers': [A] }", "{ 'providers': [A, Chore] }"],
    ['{ providers : [ ...more, A ] }', '{ providers : [ ...more, A, Chore ] }'],
    ['{\n  providers: [\n    A,\n    B,\n  ],\n}', '{\n  providers: [\n    A,\n    B,\n    Chore,\n  ],\n}'],
    ['{\n  providers: [\n    A,\n    B\n  ]\n}', '{\n  providers: [\n    A,\n    B,\n    Chore\n  ]\n}'],
    [
      '{\n  providers: [\n    A, // the [first]\n  ],\n}',
      '{\n  providers: [\n    A, // the [first]\n    Chore,\n  ],\n}',
    ],
    ['{\n  providers: [\n    // A,\n  ],\n}', '{\n  providers: [\n    // A,\n    Chore,\n  ],\n}'],
    ['{ providers: [/* none] */] }', '{ providers: [/* none] */\n  Chore,\n] }'],
    [
      '{ providers: [{ provide: "]", useFactory: (a = [1, 2]) => a }] }',
      '{ providers: [{ provide: "]", useFactory: (a = [1, 2]) => a }, Chore] }',
    ],
    [
      '{ imports: [X.forRoot({ providers: [A] })], providers: [B] }',
      '{ imports: [X.forRoot({ providers: [A] })], providers: [B, Chore] }',
    ],
    ['{ providers: [Chore] }', '{ providers: [Chore] }'],
    ['{ providers: [ChoreStore] }', '{ providers: [ChoreStore, Chore] }'],
  ])('makes %j into %j', (before, after) => {
    expect(provided(before)).toBe(after);
  });

  it('gets a line of its own where the line would be too long', () => {
    const names = ['FirstOfTheServices', 'SecondOfTheServices', 'ThirdOfTheServices'];
    expect(provided(`{\n  providers: [${names.join(', ')}],\n}`)).toBe(
      `{\n  providers: [\n${[...names, 'Chore'].map((name) => `    ${name},\n`).join('')}  ],\n}`,
    );
  });

  it.each(['{ providers }', '{ providers: PROVIDERS }', '{ providers: [A].concat(B) }', 'metadata', ''])(
    'finds no list in @Module(%s)',
    (metadata) => {
      expect(provided(metadata)).toBeUndefined();
    },
  );

  it('is not led astray by what a comment, a string or an expression says', () => {
    const noise =
      '// @Module({ providers: [] })\nconst text = "@Module({";\nconst re = /@Module\\({[/}]\\//;\n' +
      'const half = 4 / 2; const t = `${{ a: `}` }.a} @Module({`;\n';
    expect(addToModule(noise + module('{}'), 'providers', 'Chore')).toBe(
      noise + module('{ providers: [Chore] }'),
    );
  });

  it('keeps a module that is imported already, whatever its options', () => {
    const source = module('{ imports: [WorkStealingModule.forRootAsync({ useClass: A })] }');
    expect(addToModule(source, 'imports', 'WorkStealingModule.forRoot()')).toBe(source);
  });
});

describe('Source whose literals are blanked out', () => {
  it('keeps its length, its lines, and all that is code', () => {
    const source = 'a = "b\\"c"; // d\nf(/[/]"/g, `x${y}\n`) / 2 /* e\n */ + g;';
    expect(blankOut(source)).toBe('a = """""";     \nf(""""""", """"""\n") / 2     \n    + g;');
  });
});

describe('An import that is added to a file', () => {
  it.each([
    ['class A {}\n', "import { Chore } from './chore';\nclass A {}\n"],
    ['#!/usr/bin/env node\nrun();\n', "#!/usr/bin/env node\nimport { Chore } from './chore';\nrun();\n"],
    [
      "import 'x';\nimport a from 'a';\n\nrun();",
      "import 'x';\nimport a from 'a';\nimport { Chore } from './chore';\n\nrun();",
    ],
    [
      'import {\n  A,\n  B,\n} from "b"\nrun()',
      'import {\n  A,\n  B,\n} from "b"\nimport { Chore } from "./chore"\nrun()',
    ],
    ["import { A } from './chore';\n", "import { A, Chore } from './chore';\n"],
    [
      "import type { A } from './chore';\n",
      "import type { A } from './chore';\nimport { Chore } from './chore';\n",
    ],
    [
      "import * as all from './chore';\r\n",
      "import * as all from './chore';\r\nimport { Chore } from './chore';\r\n",
    ],
    ["import { A as Chore } from 'a';\n", "import { A as Chore } from 'a';\n"],
    [
      "// import { Chore } from 'a';\nimport { ChoreStore } from 'a';\n",
      "// import { Chore } from 'a';\nimport { ChoreStore } from 'a';\nimport { Chore } from './chore';\n",
    ],
    [
      "import { A } from 'a';\nimport('b');\n",
      "import { A } from 'a';\nimport { Chore } from './chore';\nimport('b');\n",
    ],
  ])('makes %j into %j', (before, after) => {
    expect(addImport(before, 'Chore', './chore')).toBe(after);
  });
});
