import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { LUA } from './scripts.generated.js';

const root = resolve(import.meta.dirname, '../..');
const folder = join(root, 'lib/redis/scripts');
const files = readdirSync(folder).filter((name) => name.endsWith('.lua'));

describe('The Lua scripts', () => {
  it('are embedded as they stand in their files', async () => {
    const check = promisify(execFile)(process.execPath, [join(root, 'scripts/embed-lua.mjs'), '--check']);
    await expect(check).resolves.toMatchObject({ stderr: '' });
    expect(new Set(Object.keys(LUA))).toEqual(new Set(files.map((name) => name.replace(/\.lua$/, ''))));
  });

  it.each(files)('%s says what it takes, gives and costs, and why it is atomic', (name) => {
    const text = readFileSync(join(folder, name), 'utf8');
    const start = text.search(/^[^-]/m);
    const [header, body] = [text.slice(0, start), text.slice(start)];
    expect(header).toMatch(/^-- \w.*\.$/m);
    for (const label of ['KEYS  ', 'Result', 'Cost  ', 'Atomic']) expect(header).toContain(`\n-- ${label} `);
    expect(header.includes('\n-- ARGV ')).toBe(body.includes('ARGV'));
  });
});
