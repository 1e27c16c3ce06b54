import { execFile, fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { format } from 'prettier';
import ts from 'typescript';

const root = join(import.meta.dirname, '../..');
let folder: string;
let worker: ChildProcess;

// The compiler takes seconds, and the machine may stall for as many.
jest.setTimeout(120_000);

beforeAll(async () => {
  await mkdir(join(root, 'temp'), { recursive: true });
  folder = await mkdtemp(join(root, 'temp/schematics-'));
  await promisify(execFile)(process.execPath, [join(root, 'scripts/build-schematics.mjs'), folder]);
  worker = fork(
    join(import.meta.dirname, '../support/workers/schematics.mjs'),
    [join(folder, 'collection.json')],
    {
      execArgv: [],
    },
  );
  await once(worker, 'message');
}, 120_000);

afterAll(async () => {
  worker?.kill();
  await rm(folder, { recursive: true, force: true });
});

interface Outcome {
  readonly error?: string;
  readonly files: Record<string, string>;
  readonly tasks: readonly string[];
  readonly logs: readonly string[];
}

type Run = readonly [schematic: 'nest-add' | 'job', options: object];

/** What is left of the files of a project after one schematic, or several one after the other. */
async function run(files: Record<string, string>, ...runs: Run[]): Promise<Outcome> {
  worker.send({ files, runs });
  const [outcome] = (await once(worker, 'message')) as [Outcome];
  for (const [path, text] of Object.entries(outcome.files)) {
    if (path.endsWith('.ts')) expect([path, syntaxErrors(text)]).toEqual([path, []]);
  }
  return outcome;
}

function syntaxErrors(text: string): string[] {
  const { diagnostics } = ts.transpileModule(text, { reportDiagnostics: true });
  return (diagnostics ?? []).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

/** What the compiler says of the jobs and specs among these files, against the library as it is here. */
function typeErrors(files: Record<string, string>): string[] {
  const project = join(folder, 'project');
  const sources = Object.entries(files).filter(([path]) => /\.job(\.spec)?\.ts$/.test(path));
  for (const [path, text] of sources) ts.sys.writeFile(join(project, path), text);
  const config = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path))
    .config as object;
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const names = sources.map(([path]) => join(project, path));
  // The globals of Jest and Vitest, as \`nest new\` has them.
  ts.sys.writeFile(join(project, 'globals.d.ts'), GLOBALS);
  const program = ts.createProgram([...names, join(project, 'globals.d.ts')], { ...options, noEmit: true });
  return ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
    return `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
}

const GLOBALS = `import type * as jest from '@jest/globals';
declare global {
  const describe: typeof jest.describe;
  const it: typeof jest.it;
  const expect: typeof jest.expect;
  const beforeEach: typeof jest.beforeEach;
  const afterEach: typeof jest.afterEach;
}
`;

const APP_MODULE = `import { Module } from '@nestjs/common';
import { AppController } from './app.controller';
import { AppService } from './app.service';

@Module({
  imports: [],
  controllers: [AppController],
  providers: [AppService],
})
export class AppModule {}
`;

function project(more: Record<string, string> = {}): Record<string, string> {
  return {
    '/package.json': '{\n    "name": "app",\n    "dependencies": {\n        "rxjs": "^7.8.1"\n    }\n}\n',
    '/src/app.module.ts': APP_MODULE,
    ...more,
  };
}

describe('nest add', () => {
  it('imports the module in the application’s own, and installs nothing more', async () => {
    const before = project();
    const { files, tasks } = await run(before, ['nest-add', {}]);
    expect(files['/src/app.module.ts']).toBe(`import { Module } from '@nestjs/common';
import { AppController } from './app.controller';
import { AppService } from './app.service';
import { WorkStealingModule } from 'nestjs-work-stealing';

@Module({
  imports: [WorkStealingModule.forRoot()],
  controllers: [AppController],
  providers: [AppService],
})
export class AppModule {}
`);
    expect(files['/package.json']).toBe(before['/package.json']);
    expect(tasks).toEqual([]);
  });

  it('imports the module of Redis and installs ioredis where Redis is wanted', async () => {
    const { files, tasks } = await run(project(), ['nest-add', { redis: true }]);
    expect(files['/src/app.module.ts']).toContain(`  imports: [
    WorkStealingModule.forRoot(),
    WorkStealingRedisModule.forRoot({
      url: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379',
    }),
  ],`);
    expect(files['/src/app.module.ts']).toContain(
      "import { WorkStealingRedisModule } from 'nestjs-work-stealing/redis';",
    );
    expect(files['/package.json']).toBe(
      '{\n    "name": "app",\n    "dependencies": {\n        "ioredis": "^6.0.0",\n        "rxjs": "^7.8.1"\n    }\n}\n',
    );
    expect(tasks).toEqual(['node-package']);
  });

  it('asks for the ioredis that this package is developed with', async () => {
    const { devDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
      devDependencies: Record<string, string>;
    };
    const { files } = await run(project(), ['nest-add', { redis: true }]);
    expect(JSON.parse(files['/package.json']!)).toMatchObject({
      dependencies: { ioredis: devDependencies.ioredis },
    });
  });

  it('leaves an ioredis that is there in its version, and installs nothing when told not to', async () => {
    const there = project({ '/package.json': '{"dependencies":{"ioredis":"^5.9.0"}}' });
    const outcome = await run(there, ['nest-add', { redis: true }]);
    expect(outcome).toMatchObject({ tasks: [], files: { '/package.json': there['/package.json'] } });
    for (const skipInstall of [true, 'nestjs-work-stealing']) {
      const { tasks, files } = await run(project(), ['nest-add', { redis: true, skipInstall }]);
      expect(tasks).toEqual([]);
      expect(JSON.parse(files['/package.json']!)).toMatchObject({ dependencies: { ioredis: '^6.0.0' } });
    }
  });

  const nest11 = (more: object = {}) => {
    const json = {
      dependencies: { '@nestjs/core': '^11.0.1' },
      jest: { rootDir: 'src', transform: { '^.+\\.(t|j)s$': 'ts-jest' } },
      ...more,
    };
    return project({ '/package.json': `${JSON.stringify(json, null, 2)}\n` });
  };

  it('has the ts-jest of an application of Nest 11 compile the package, once', async () => {
    const { files, logs } = await run(nest11(), ['nest-add', {}], ['nest-add', {}]);
    const { jest } = JSON.parse(files['/package.json']!) as { jest: { transform: object } };
    const [ours, theirs] = Object.entries(jest.transform);
    expect(ours).toEqual([
      '/node_modules/nestjs-work-stealing/.+\\.js$',
      ['ts-jest', { tsconfig: expect.objectContaining({ allowJs: true, module: 'commonjs' }) }],
    ]);
    expect(theirs).toEqual(['^.+\\.(t|j)s$', 'ts-jest']);
    expect(jest).toMatchObject({ rootDir: 'src', transformIgnorePatterns: [expect.any(String)] });
    expect(logs.filter((line) => line.includes('Jest compiles this package'))).toHaveLength(1);
  });

  it('has the e2e tests of the application do so too, and whatever else a script names', async () => {
    const e2e = `${JSON.stringify({ rootDir: '.', transform: { '^.+\\.(t|j)s$': 'ts-jest' } }, null, 2)}\n`;
    const scripts = { 'test:e2e': 'jest --config ./apps/api/e2e.json', build: 'nest build -c nest.json' };
    const places = ['/test/jest-e2e.json', '/apps/admin/test/jest-e2e.json', '/apps/api/e2e.json'];
    const application = {
      ...nest11({ scripts }),
      '/apps/admin/src/admin.module.ts': APP_MODULE,
      '/nest.json': e2e,
      ...Object.fromEntries(places.map((path) => [path, e2e])),
    };
    const { files, logs } = await run(application, ['nest-add', { sourceRoot: 'apps/admin/src' }]);
    for (const path of places) {
      expect(JSON.parse(files[path]!)).toEqual({
        rootDir: '.',
        transform: {
          '/node_modules/nestjs-work-stealing/.+\\.js$': ['ts-jest', expect.any(Object)],
          '^.+\\.(t|j)s$': 'ts-jest',
        },
        transformIgnorePatterns: ['/node_modules/(?!.*nestjs-work-stealing/)'],
      });
      expect(logs).toContain(`info: Jest compiles this package now: see transform in ${path.slice(1)}.`);
    }
    expect(files['/nest.json']).toBe(e2e);
  });

  it.each([
    ['/jest.config.ts', "export default { preset: 'ts-jest' };"],
    ['/apps/api/jest.config.js', 'module.exports = {};'],
    ['/test/jest-e2e.json', '{ "transform": { "x": "@swc/jest" } }'],
    ['/test/jest-e2e.json', '// a comment\n{ "transform": { "x": "ts-jest" } }'],
  ])('leaves %s as it is, and says once what to add to it', async (path, config) => {
    const application = nest11({ jest: undefined });
    application['/apps/api/src/app.module.ts'] = APP_MODULE;
    application[path] = config;
    const { files, logs } = await run(application, ['nest-add', { sourceRoot: 'apps/api/src' }]);
    expect(files[path]).toBe(config);
    const advice = logs.filter((line) => line.startsWith('warn: '));
    expect(advice).toEqual([expect.stringMatching(`^warn: ${path.slice(1)} is left as it is\\.`)]);
    expect(advice[0]).toContain('"/node_modules/nestjs-work-stealing/.+\\\\.js$":["ts-jest",');
    expect(advice[0]).toContain('transformIgnorePatterns: ["/node_modules/(?!.*nestjs-work-stealing/)"]');

    application[path] = `export default {\n${advice[0]!.split('\n').slice(1, -1).join('\n')}\n};`;
    expect((await run(application, ['nest-add', { sourceRoot: 'apps/api/src' }])).logs).toEqual([
      expect.stringContaining('Next: '),
    ]);
  });

  it.each<[string, object]>([
    ['is of Nest 12', { dependencies: { '@nestjs/core': '^12.0.1' } }],
    ['is of ES modules', { type: 'module' }],
    ['has no Jest', { jest: undefined }],
    ['compiles by something else', { jest: { transform: { '^.+\\.ts$': '@swc/jest' } } }],
    ['says what is not transformed', { jest: { transform: { x: 'ts-jest' }, transformIgnorePatterns: [] } }],
  ])('leaves Jest alone where an application %s', async (_where, more) => {
    const before = nest11(more);
    const { files } = await run(before, ['nest-add', {}]);
    expect(files['/package.json']).toBe(before['/package.json']);
  });

  it('adds nothing the second time', async () => {
    const once = await run(project(), ['nest-add', { redis: true }]);
    const twice = await run(once.files, ['nest-add', { redis: true }]);
    expect(twice.files).toEqual(once.files);
    expect(twice.tasks).toEqual([]);
  });

  it('finds the module in the folder of the source, or where it is told', async () => {
    const monorepo = project({
      '/apps/api/src/app.module.ts': APP_MODULE,
      '/src/main.module.ts': APP_MODULE,
    });
    const { files } = await run(
      monorepo,
      ['nest-add', { sourceRoot: 'apps/api/src' }],
      ['nest-add', { module: 'src/main.module.ts' }],
    );
    expect(files['/apps/api/src/app.module.ts']).toContain('WorkStealingModule.forRoot()');
    expect(files['/src/main.module.ts']).toContain('WorkStealingModule.forRoot()');
    expect(files['/src/app.module.ts']).toBe(APP_MODULE);
  });

  it('finds the module that the CLI makes in a monorepo, and one named from its application', async () => {
    const path = '/apps/admin/src/admin.module.ts';
    const monorepo = { '/package.json': '{}', [path]: APP_MODULE };
    for (const module of [undefined, 'src/admin.module.ts', './apps/admin/src/admin.module.ts']) {
      const { files } = await run(monorepo, ['nest-add', { sourceRoot: 'apps/admin/src', module }]);
      expect(files[path]).toContain('imports: [WorkStealingModule.forRoot()],');
    }
  });

  it('names a module that is there where it found none of the usual names', async () => {
    const monorepo = { '/package.json': '{}', '/apps/admin/src/root.module.ts': APP_MODULE };
    const { error } = await run(monorepo, ['nest-add', { sourceRoot: 'apps/admin/src' }]);
    expect(error).toMatch(/^apps\/admin\/src\/app\.module\.ts does not exist\. /);
    const [, module] = /--module (\S+)$/.exec(error!)!;
    const { files } = await run(monorepo, ['nest-add', { sourceRoot: 'apps/admin/src', module }]);
    expect(files['/apps/admin/src/root.module.ts']).toContain('WorkStealingModule.forRoot()');
  });

  it('takes of several modules in a file the one that the file is named after, or refuses', async () => {
    const other = '@Module({ imports: [] })\nclass OtherModule {}\n';
    const both = project({
      '/src/app.module.ts': APP_MODULE.replace('@Module', `${other}\n@Module`),
    });
    const { files } = await run(both, ['nest-add', {}], ['job', { name: 'expire' }]);
    expect(files['/src/app.module.ts']).toContain(other);
    expect(files['/src/app.module.ts']).toContain('imports: [WorkStealingModule.forRoot()],');
    expect(files['/src/app.module.ts']).toContain('providers: [AppService, Expire],');

    const neither = project({ '/src/app.module.ts': `${other}${other.replace('Other', 'Root')}` });
    await expect(run(neither, ['nest-add', {}])).resolves.toMatchObject({
      error:
        "src/app.module.ts has the modules OtherModule, RootModule, and none is called AppModule. Add WorkStealingModule.forRoot() of 'nestjs-work-stealing' by hand to the imports of the application's module.",
    });
  });

  it('says what to do when there is no such module, or nothing in it to add to', async () => {
    await expect(run({ '/package.json': '{}' }, ['nest-add', {}])).resolves.toMatchObject({
      error: expect.stringMatching(
        /^src\/app\.module\.ts does not exist\. .* --module src\/main\.module\.ts$/,
      ),
    });
    const spread = project({
      '/src/app.module.ts': 'const metadata = {};\n@Module(metadata)\nclass AppModule {}',
    });
    await expect(run(spread, ['nest-add', {}])).resolves.toMatchObject({
      error:
        "src/app.module.ts has no @Module({ imports: [...] }) to add to. Add WorkStealingModule.forRoot() of 'nestjs-work-stealing' by hand to the imports of the application's module.",
    });
  });
});

describe('nest g -c nestjs-work-stealing job', () => {
  it('creates a job and a spec in a folder, and provides it in the nearest module', async () => {
    const { files } = await run(project(), ['job', { name: 'expire-profiles' }]);
    expect(Object.keys(files).sort()).toEqual([
      '/package.json',
      '/src/app.module.ts',
      '/src/expire-profiles/expire-profiles.job.spec.ts',
      '/src/expire-profiles/expire-profiles.job.ts',
    ]);
    expect(files['/src/expire-profiles/expire-profiles.job.ts']).toMatch(
      /^@StealableJob\(\{\n  id: 'ExpireProfiles', .*\n\}\)\n@Injectable\(\)\nexport class ExpireProfiles \{$/m,
    );
    expect(files['/src/expire-profiles/expire-profiles.job.spec.ts']).toContain(
      "import { ExpireProfiles } from './expire-profiles.job';",
    );
    expect(files['/src/app.module.ts']).toContain('  providers: [AppService, ExpireProfiles],');
    expect(files['/src/app.module.ts']).toContain(
      "import { ExpireProfiles } from './expire-profiles/expire-profiles.job';",
    );
  });

  it('writes what the Prettier of the CLI leaves as it is', async () => {
    const stock = { singleQuote: true, trailingComma: 'all', parser: 'typescript' } as const;
    const { files } = await run(
      project(),
      ['nest-add', { redis: true }],
      ['job', { name: 'expire-profiles' }],
      ['job', { name: 'fold-the-views-of-all-films-of-a-day-into-one' }],
      ['job', { name: 'x', rate: 1 }],
      ['job', { name: 'prune-tokens', type: 'every' }],
      ['job', { name: 'prune-logs', every: 60_000, scope: 'process' }],
      ['job', { name: 'backfill-slugs', type: 'cursor' }],
      ['job', { name: 'backfill-the-sizes-of-all-images', type: 'cursor' }],
    );
    const sources = Object.entries(files).filter(([path]) => path.endsWith('.ts'));
    const formatted = await Promise.all(
      sources.map(async ([path, text]) => [path, await format(text, stock)]),
    );
    expect(formatted).toEqual(sources);
  });

  it.each<[string, object, object, string]>([
    ['a period of an hour', { type: 'every' }, { ioredis: '^6.0.0' }, 'every: 3_600_000,'],
    ['the period given', { every: 250 }, { iovalkey: '^0.4.0' }, 'every: 250,'],
    [
      'a period of each process where there is no Redis',
      { every: 60_000 },
      {},
      "every: { ms: 60_000, scope: 'process' },",
    ],
    ['the fleet’s period where told so', { every: 60_000, scope: 'fleet' }, {}, 'every: 60_000,'],
    ['a rate beside it', { type: 'every', rate: 0.5 }, {}, 'rate: 0.5,'],
  ])('writes %s', async (_what, options, dependencies, line) => {
    const files = project({ '/package.json': JSON.stringify({ dependencies }) });
    const { files: after } = await run(files, ['job', { name: 'prune', ...options }]);
    const [decorator] = /@StealableJob\([^]*?^\}\)/m.exec(after['/src/prune/prune.job.ts']!)!;
    expect(decorator).toMatch(/^ {2}id: 'Prune',/m);
    expect(decorator.split('\n').map((text) => text.replace(/ *\/\/.*/, '').trim())).toContain(line);
  });

  it('creates a CursorJob with a spec that needs no server', async () => {
    const esm = project({ '/package.json': '{"type":"module","dependencies":{"iovalkey":"^0.4.0"}}' });
    const { files, logs } = await run(esm, ['job', { name: 'backfill-slugs', type: 'cursor', rate: 0.1 }]);
    const job = files['/src/backfill-slugs/backfill-slugs.job.ts'];
    expect(job).toMatch(/^ {2}id: 'BackfillSlugs', .*\n {2}rate: 0\.1,/m);
    expect(job).toContain('export class BackfillSlugs extends CursorJob<Item> {');
    const spec = files['/src/backfill-slugs/backfill-slugs.job.spec.ts'];
    expect(spec).toContain("import { Redis } from 'iovalkey';");
    expect(spec).toContain("import { BackfillSlugs } from './backfill-slugs.job.js';");
    expect(files['/src/app.module.ts']).toContain('providers: [AppService, BackfillSlugs],');
    expect(logs).toEqual([]);
  });

  it('warns that a CursorJob needs a Redis where the project has none', async () => {
    const { logs } = await run(project(), ['job', { name: 'backfill', type: 'cursor' }]);
    expect(logs).toEqual([
      expect.stringMatching(/^warn: A CursorJob .* nest add nestjs-work-stealing --redis$/),
    ]);
  });

  it('writes jobs and specs that compile against the library, and return Progress', async () => {
    const { files } = await run(
      project({ '/package.json': '{"type":"module"}' }),
      ['job', { name: 'expire' }],
      ['job', { name: 'prune', type: 'every' }],
      ['job', { name: 'fold', every: 60_000, scope: 'fleet', rate: 0.5 }],
      ['job', { name: 'backfill', type: 'cursor' }],
    );
    expect(typeErrors(files)).toEqual([]);
    expect(Object.values(files).join()).not.toMatch(/\bvoid\b/);
  }, 60_000);

  it('imports with .js in an ESM project', async () => {
    const esm = project({ '/package.json': '{"type":"module"}' });
    const { files } = await run(esm, ['job', { name: 'expireProfiles' }]);
    expect(files['/src/app.module.ts']).toContain("'./expire-profiles/expire-profiles.job.js'");
    expect(files['/src/expire-profiles/expire-profiles.job.spec.ts']).toContain("'./expire-profiles.job.js'");
  });

  it('takes a path, a rate, another suffix, and does without a folder, a spec and the module', async () => {
    const options = { path: 'chores', rate: 0.25, flat: true, specFileSuffix: 'test' };
    const { files } = await run(
      project(),
      ['job', { name: 'prune', ...options }],
      ['job', { name: 'fold', spec: false, skipImport: true }],
    );
    expect(Object.keys(files).filter((path) => path.includes('job'))).toEqual([
      '/src/chores/prune.job.ts',
      '/src/chores/prune.job.test.ts',
      '/src/fold/fold.job.ts',
    ]);
    expect(files['/src/chores/prune.job.ts']).toContain('\n  rate: 0.25,');
    expect(files['/src/app.module.ts']).toContain("from './chores/prune.job'");
    expect(files['/src/app.module.ts']).not.toContain('Fold');
  });

  it('takes the module of the folder before one above it, and warns when there is none', async () => {
    const users = '@Module({})\nexport class UsersModule {}\n';
    const nested = project({ '/src/users/users.module.ts': users, '/src/users/admin.module.ts': users });
    const { files } = await run(nested, ['job', { name: 'users/expire' }]);
    expect(files['/src/users/users.module.ts']).toBe(
      "import { Expire } from './expire/expire.job';\n@Module({ providers: [Expire] })\nexport class UsersModule {}\n",
    );
    expect(files['/src/users/admin.module.ts']).toBe(users);
    expect(files['/src/app.module.ts']).toBe(APP_MODULE);

    const { logs } = await run({ '/package.json': '{}' }, ['job', { name: 'expire' }]);
    expect(logs).toEqual(['warn: No module to add the job to. Add Expire to the providers of a module.']);
  });

  it.each([
    [{ name: '1st' }, /^name is '1st'; expected letters, digits and dashes/],
    [{ name: '../../x' }, /outside of \/src/],
    [{ name: 'x', rate: 1.5 }, /rate.*must be <= 1/s],
    [{ name: 'x', rate: -0.1 }, /rate.*must be >= 0/s],
    [{ name: 'x', every: 50 }, /every.*must be >= 100/s],
    [{ name: 'x', type: 'cron' }, /type.*must be equal to one of the allowed values/s],
    [{ name: 'x', language: 'js' }, /language is 'js'/],
    [{ name: 'x', sourceRoot: 'src', path: '../lib' }, /outside of \/src/],
  ])('refuses %j', async (options, message) => {
    const { error } = await run(project(), ['job', options]);
    expect(error).toMatch(message);
  });
});
