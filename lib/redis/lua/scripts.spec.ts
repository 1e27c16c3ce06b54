import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { LUA as CACHE } from '../../cache/scripts.generated.js';
import { LUA as REDIS } from './scripts.generated.js';

const root = resolve(import.meta.dirname, '../../..');

/** Where scripts are, and what is embedded of them. */
const owners = [
  { owner: 'redis', lua: REDIS },
  { owner: 'cache', lua: CACHE },
].map(({ owner, lua }) => {
  const folder = join(root, 'lib', owner);
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return { owner, lua, folder, files: paths.filter((path) => path.endsWith('.lua')) };
});

it('The embedded Lua scripts are as they stand in their files', async () => {
  const check = promisify(execFile)(process.execPath, [join(root, 'scripts/embed-lua.mjs'), '--check']);
  await expect(check).resolves.toMatchObject({ stderr: '' });
});

it('No two Lua scripts have a name in common, as a client knows them by it', () => {
  const names = owners.flatMap(({ files }) => files.map((file) => basename(file)));
  expect(new Set(names).size).toBe(names.length);
});

describe.each(owners)('The Lua scripts of $owner', ({ lua, folder, files }) => {
  it('are all embedded', () => {
    expect(new Set(Object.keys(lua))).toEqual(new Set(files.map((file) => basename(file, '.lua'))));
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
