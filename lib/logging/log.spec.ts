import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger, type LoggerService } from '@nestjs/common';
import { ManualClock } from '../testing/index.js';
import { Log } from './log.js';
import { ThrottledLog } from './throttled-log.js';

type Level = 'log' | 'warn' | 'error';
let heard: [Level, ...unknown[]][] = [];

beforeEach(() => {
  heard = [];
  const hear =
    (level: Level) =>
    (...words: unknown[]) =>
      void heard.push([level, ...words]);
  Logger.overrideLogger({
    log: hear('log'),
    warn: hear('warn'),
    error: hear('error'),
  } satisfies LoggerService);
});
afterEach(() => Logger.overrideLogger(false));

const FORGED = 'one\r\n[Nest] 1 ERROR two\u2028three\u001b[31m\u202Efour\u0000';

describe('Log', () => {
  it.each(['info', 'warn', 'error'] as const)(
    'has %s begin no line but its own, whatever is quoted',
    (level) => {
      new Log('Test')[level](FORGED);
      expect(heard[0]?.[1]).toBe('one [Nest] 1 ERROR two three [31m four ');
    },
  );

  it('begins no line with what an error says of itself', () => {
    const error = Object.assign(new Error(FORGED), { name: '[Nest] 1 LOG' });
    new Log('Test').error('failed', `${error.name}: ${error.message}\n    at here`);
    const lines = String(heard[0]?.[2]).split('\n');
    expect(lines.every((line) => line.startsWith('    '))).toBe(true);
    new Log('Test').error('failed', 'TypeError: it\n    at here');
    expect(heard[1]?.[2]).toBe('TypeError: it\n    at here');
  });

  it.each(['%s', '%d', '%i', '%f', '%j', '%o', '%O', '%c', '%%', '100%done', '%%s', '%s%s'])(
    'is no format for whatever logger it is given to: %s',
    (text) => {
      new Log('Test').error(`Job failed: LIKE '${text}'`, 'Error: it\n    at here');
      const [, line, ...more] = heard[0]!;
      // As the console and winston do: what is used up by the line is missing after it.
      expect(format(line, ...more)).toBe([line, ...more].join(' '));
    },
  );

  it('bounds a line, a stack, and what it has said once', () => {
    const log = new Log('Test');
    log.error('x'.repeat(1e6), 'Error\n'.repeat(1e6));
    expect(heard[0]?.[1]).toHaveLength(4000);
    expect(String(heard[0]?.[2]).length).toBeLessThan(20_000);
    for (let kind = 0; kind < 1000; kind++) log.warnOnce(`${kind}`, 'again');
    log.warnOnce('0', 'again');
    expect(heard).toHaveLength(101);
  });
});

describe('The log', () => {
  it('is written by nothing in this package but Log', async () => {
    const lib = join(import.meta.dirname, '..');
    const files = (await readdir(lib, { recursive: true })).filter((name) =>
      /(?<!spec|generated)\.ts$/.test(name),
    );
    const own = files.filter((name) => !name.includes('dashboard/page'));
    const sources = await Promise.all(own.map((name) => readFile(join(lib, name), 'utf8')));
    const writers = own.filter((_name, index) =>
      /\bLogger\b.*@nestjs|new Logger\(|\bconsole\./.test(codeOf(sources[index]!)),
    );
    expect(writers).toEqual(['logging/log.ts']);
  });
});

/** Without comments, which may say how to write to a console. */
function codeOf(source: string): string {
  return source.replaceAll(/^\s*(?:\/?\*|\/\/).*$/gm, '');
}

describe('ThrottledLog', () => {
  const write = (log: ThrottledLog, source: string, at: number) =>
    log.write({ source, text: `${source} failed`, level: 'error', stack: 'Error: it\n    at here' }, at);

  it('writes the first ten a second whole, when everything fails at once, and then says how many more', () => {
    const clock = new ManualClock();
    const log = new ThrottledLog('Test', clock);
    for (let second = 0; second < 60; second++) {
      for (let job = 0; job < 200; job++) write(log, `job "${job}"`, second * 1000);
      clock.advance(1000);
    }
    expect(heard).toHaveLength(60 * 11);
    expect(heard.slice(0, 10).map(([, text, stack]) => [text, stack])).toEqual(
      Array.from({ length: 10 }, (_, job) => [`job "${job}" failed`, 'Error: it\n    at here']),
    );
    expect(heard[10]?.slice(0, 2)).toEqual([
      'warn',
      '190 more errors were left out, since at most 10 a second are written; they are of job "10", job "11", ' +
        'job "12", job "13", job "14", … (190 in all).',
    ]);
    expect(clock.pending).toBe(0);
  });

  it('remembers no more sources than fail at once, though their names are made up', () => {
    const log = new ThrottledLog('Test', new ManualClock());
    for (let count = 0; count < 10_000; count++) write(log, `job ${count}`, count);
    expect(log.size).toBeLessThanOrEqual(1000);
  });

  it('is not silenced by a clock that was set back', () => {
    const log = new ThrottledLog('Test', new ManualClock());
    for (const at of [10_000, 5000]) write(log, 'job', at);
    expect(heard).toHaveLength(2);
  });
});
