import type { Server } from 'node:http';
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestApplication, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { OUTCOMES, Recruiter, WORK_STEALING_OPTIONS } from 'nestjs-work-stealing';
import {
  deterministic,
  recruitAll,
  recruitNext,
  WorkStealingTestingModule,
} from 'nestjs-work-stealing/testing';
import request from 'supertest';
import { ENLIST_OPTIONS } from '../../lib/enlist/enlist-options.js';
import { problemsOf } from '../../lib/options/option-table.js';
import { JOB_OPTIONS } from '../../lib/recruiter/job-options.js';
import { resolveOptions } from '../../lib/recruiter/options.js';
import { docBlocks } from '../../scripts/doc-blocks.mjs';

const root = join(import.meta.dirname, '../..');
let folder: string;
let app: INestApplication | undefined;

/** Inside the project, so that an example is compiled and finds its packages as the project's own tests do. */
beforeAll(async () => {
  await mkdir(join(root, 'temp'), { recursive: true });
  folder = await mkdtemp(join(root, 'temp', 'readme-'));
});

afterEach(async () => {
  await app?.close();
  app = undefined;
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** All that can be declared. */
const REFERENCE = 'docs/jobs-and-options.md';

/** Runs the first example under a heading of a document, as it stands there; answers what it exports. */
async function exampleUnder<T>(heading: string, path = 'README.md'): Promise<T> {
  return importExample<T>(heading, path, await readFile(join(root, path), 'utf8'));
}

async function importExample<T>(heading: string, document: string, text: string): Promise<T> {
  const line = text.split('\n').indexOf(`## ${heading}`) + 1;
  const example = docBlocks(text).find((block) => line > 0 && block.line > line);
  if (example === undefined) throw new Error(`${document} has no example under "## ${heading}"`);
  const path = join(folder, example.name);
  await writeFile(path, example.code);
  return (await import(path)) as T;
}

interface TwentyLines {
  readonly AppModule: Type;
}

describe('The twenty lines of the README', () => {
  it('enlist on a cache hit, and not on a miss', async () => {
    const { AppModule } = await exampleUnder<TwentyLines>('Twenty lines that work');
    const testing = await Test.createTestingModule({ imports: [AppModule] })
      .overrideProvider(WORK_STEALING_OPTIONS)
      .useValue(deterministic())
      .compile();
    app = await testing.createNestApplication().init();
    const recruiter = app.get(Recruiter);
    const page = () => request(app!.getHttpServer() as Server).get('/pages/work');

    const report = recruitNext(recruiter, 'ExpirePages');
    await page().expect(200, { html: '<h1>work</h1>', cached: false });
    expect(recruiter.enlistments).toBe(0);
    await page().expect(200, { html: '<h1>work</h1>', cached: true });
    expect(recruiter.enlistments).toBe(1);
    await expect(report).resolves.toMatchObject({
      jobId: 'ExpirePages',
      outcome: 'idle',
      done: 0,
      limit: 50,
    });
  });

  it('start as they stand, with one job at the rate that they say', async () => {
    const { AppModule } = await exampleUnder<TwentyLines>('Twenty lines that work');
    app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
    await app.init();
    const recruiter = app.get(Recruiter);
    expect(recruiter.jobs).toMatchObject([{ id: 'ExpirePages', rate: 0.003, budget: 50 }]);
    await expect(recruitAll(recruiter)).resolves.toMatchObject([{ jobId: 'ExpirePages', outcome: 'idle' }]);
  });
});

interface CountersExample {
  readonly Counters: Type;
}

describe('The jobs of the reference', () => {
  it('are found by their ids, with their budgets', async () => {
    const { Counters } = await exampleUnder<CountersExample>('Jobs', REFERENCE);
    const testing = await Test.createTestingModule({
      imports: [WorkStealingTestingModule.forRoot()],
      providers: [Counters],
    }).compile();
    app = await testing.createNestApplication().init();
    const recruiter = app.get(Recruiter);
    expect(recruiter.jobs).toMatchObject([
      { id: 'Counters.fold', rate: 0.001, budget: 30 },
      { id: 'Counters.prune', rate: 0.01, isDefaultRate: true, budget: 50 },
    ]);
    await expect(recruiter.recruit('Counters.fold')).resolves.toMatchObject({ outcome: 'idle', done: 0 });
  });
});

async function referenceSection(heading: string): Promise<string> {
  const reference = await readFile(join(root, REFERENCE), 'utf8');
  return reference.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
}

/** The options that the one table of options says of something: their defaults, by name. */
async function optionsOf(what: string): Promise<Map<string, string>> {
  const rows = (await referenceSection('Options')).matchAll(
    /^\| `([^`]+)`\s*\| `(\w+)`\s*\| ([^|]*?)\s*\|/gm,
  );
  const own = [...rows].filter(([, of]) => of === what);
  return new Map(own.map(([, , name, value]) => [name!, value!]));
}

describe('The tables of the reference', () => {
  it('say the defaults of all options of the module', async () => {
    const table = await optionsOf('forRoot');
    const { rates, random, clock, ...defaults } = resolveOptions({});
    expect([rates.size, typeof random.next, typeof clock.now]).toEqual([0, 'function', 'function']);
    expect(new Set(table.keys())).toEqual(new Set([...Object.keys(defaults), 'rates', 'random', 'clock']));
    for (const [name, value] of Object.entries(defaults)) {
      const said: unknown = runInNewContext(`(${table.get(name)!.replaceAll('`', '')})`);
      expect([name, said]).toEqual([name, value]);
    }
  });

  it('name all options of a job', async () => {
    const table = await optionsOf('@StealableJob');
    expect([...table.keys()].sort()).toEqual([...Object.keys(JOB_OPTIONS), 'id', 'recruiter'].sort());
  });

  it('name all options of @Enlist()', async () => {
    const table = await optionsOf('@Enlist');
    expect([...table.keys()]).toEqual(['when', 'on', 'inline', 'recruiter']);
    for (const name of table.keys())
      expect(problemsOf(ENLIST_OPTIONS, { [name]: Symbol(name) })).toHaveLength(1);
    expect(problemsOf(ENLIST_OPTIONS, { other: 1 })[0]).toContain([...table.keys()].join(', '));
  });

  it('name all outcomes', async () => {
    const rows = (await referenceSection('Jobs')).split('| outcome')[1]!.matchAll(/^\| `(\w+)`/gm);
    expect([...rows].map(([, outcome]) => outcome)).toEqual(OUTCOMES);
  });
});

describe('The first page', () => {
  it('has at most 200 lines, and the command that installs it in the first 20', async () => {
    const lines = (await readFile(join(root, 'README.md'), 'utf8')).split('\n');
    expect(lines.length).toBeLessThanOrEqual(201);
    expect(lines.slice(0, 20).join('\n')).toContain('npm install nestjs-work-stealing');
  });

  it('has badges that say what the package says', async () => {
    const { license, engines, peerDependencies } = JSON.parse(
      await readFile(join(root, 'package.json'), 'utf8'),
    ) as PackageFile;
    const majors = peerDependencies['@nestjs/common'].match(/\d+(?=\.0\.0)/g);
    const nodes = engines.node.match(/\d+\.\d+(?=\.0)/g)!.map((version) => `${version}+`);
    const badges = ['licence', 'node', 'nest'].map((name) => badge(name));
    expect(await Promise.all(badges)).toEqual([license, nodes.join(' | '), majors!.join(' | ')]);
  });
});

interface PackageFile {
  readonly license: string;
  readonly engines: { readonly node: string };
  readonly peerDependencies: { readonly '@nestjs/common': string };
}

/** What a badge says. */
async function badge(name: string): Promise<string | undefined> {
  const image = await readFile(join(root, `docs/badges/${name}.svg`), 'utf8');
  return /<title>\w+: (.*)<\/title>/.exec(image)?.[1];
}
