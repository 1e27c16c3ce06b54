import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';

const LIB = resolve(import.meta.dirname, '../../lib');

/** The rooms of lib, the lowest first, and which rooms each may import from. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  options: [],
  time: ['options'],
  recruiter: ['options', 'time'],
  logging: ['options', 'recruiter', 'time'],
  nest: ['options', 'recruiter'],
  telemetry: ['options', 'recruiter', 'nest'],
  enlist: ['options', 'recruiter', 'logging'],
  host: ['options', 'recruiter', 'logging', 'nest'],
  jobs: ['options', 'recruiter', 'logging', 'nest', 'enlist', 'host'],
  fleet: ['options', 'time', 'recruiter', 'logging', 'host'],
  module: ['options', 'time', 'recruiter', 'logging', 'nest', 'enlist', 'jobs', 'host', 'fleet'],
  'cursor-job': ['options', 'recruiter', 'logging'],
  redis: ['options', 'time', 'recruiter', 'logging', 'nest', 'fleet', 'cursor-job'],
  cache: ['options', 'time', 'recruiter', 'logging', 'nest', 'telemetry', 'enlist', 'jobs', 'redis'],
  prometheus: ['options', 'time', 'recruiter', 'logging', 'nest', 'telemetry', 'host'],
  statsd: ['options', 'time', 'recruiter', 'logging', 'nest', 'telemetry', 'host'],
  opentelemetry: ['options', 'time', 'recruiter', 'logging', 'nest', 'telemetry', 'host'],
  terminus: ['options', 'time', 'recruiter', 'logging', 'nest', 'host'],
  dashboard: ['options', 'time', 'recruiter', 'logging', 'nest', 'fleet'],
  testing: ['options', 'time', 'recruiter', 'host', 'module'],
};

/** Files at the top: what holds the recruiters of an application, and the module around it. */
const TOP: Readonly<Record<string, string>> = {
  'recruiters.ts': 'host',
  'recruiter-host.ts': 'host',
  'work-stealing.options.ts': 'host',
  'bootstrap.ts': 'module',
  'index.ts': 'module',
  'work-stealing.module.ts': 'module',
};

/** Every source file of lib with the files that it imports, types too. */
const graph = new Map(
  readdirSync(LIB, { recursive: true, encoding: 'utf8' })
    .filter((file) => /(?<!\.spec)\.ts$/.test(file) && !file.startsWith('dashboard/page/'))
    .map((file) => [file, importsOf(file)]),
);

function importsOf(file: string): string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(join(LIB, file), 'utf8'));
  return importedFiles
    .map(({ fileName }) => fileName)
    .filter((name) => name.startsWith('.'))
    .map((name) => relative(LIB, resolve(LIB, dirname(file), name)).replace(/\.js$/, '.ts'));
}

function roomOf(file: string): string {
  const [folder] = file.split('/');
  return file.includes('/') ? folder! : (TOP[file] ?? 'a room that this test does not know');
}

/** The first circle of imports that is found from here on, as `a.ts → b.ts → a.ts`. */
function circleFrom(file: string, path: readonly string[], done: Set<string>): string | undefined {
  if (path.includes(file)) return [...path.slice(path.indexOf(file)), file].join(' → ');
  if (done.has(file)) return undefined;
  for (const imported of graph.get(file) ?? []) {
    const circle = circleFrom(imported, [...path, file], done);
    if (circle !== undefined) return circle;
  }
  done.add(file);
  return undefined;
}

describe('The imports of lib', () => {
  it('lead from room to room as the table says', () => {
    const wrong = [...graph].flatMap(([file, imports]) =>
      imports
        .filter((imported) => roomOf(imported) !== roomOf(file))
        .filter((imported) => !(ROOMS[roomOf(file)] ?? []).includes(roomOf(imported)))
        .map((imported) => `${file} (${roomOf(file)}) imports ${imported} (${roomOf(imported)})`),
    );
    expect(wrong).toEqual([]);
    expect(graph.size).toBeGreaterThan(200);
  });

  it('form no circle, types included', () => {
    const done = new Set<string>();
    expect([...graph.keys()].flatMap((file) => circleFrom(file, [], done) ?? [])).toEqual([]);
  });

  it('are those of a table in which no room is above itself', () => {
    const order = Object.keys(ROOMS);
    for (const [room, allowed] of Object.entries(ROOMS)) {
      for (const below of allowed) expect(order.indexOf(below)).toBeLessThan(order.indexOf(room));
    }
  });
});
