import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const root = join(import.meta.dirname, '../..');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'address-'));
  await cp(join(root, 'package.json'), join(folder, 'package.json'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

interface Outcome {
  readonly code: number;
  readonly output: string;
}

/** Runs the script with this address in it, beside a copy of package.json. */
async function run(repository: string, author: string, ...args: string[]): Promise<Outcome> {
  const script = await readFile(join(root, 'scripts/address.mjs'), 'utf8');
  const given = script
    .replace(/^const REPOSITORY = .*$/m, () => `const REPOSITORY = ${JSON.stringify(repository)};`)
    .replace(/^const AUTHOR = .*$/m, () => `const AUTHOR = ${JSON.stringify(author)};`);
  await mkdir(join(folder, 'scripts'), { recursive: true });
  await writeFile(join(folder, 'scripts/address.mjs'), given);
  try {
    await promisify(execFile)(process.execPath, [join(folder, 'scripts/address.mjs'), ...args]);
    return { code: 0, output: '' };
  } catch (error) {
    const { code, stderr } = error as { code: number; stderr: string };
    return { code, output: stderr };
  }
}

async function manifest(): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>;
}

describe('npm publish', () => {
  it('asks for the address of the project first', async () => {
    const { scripts } = await manifest();
    expect(scripts).toMatchObject({ prepublishOnly: 'node scripts/address.mjs' });
  });

  it.each([
    ['', '', /REPOSITORY is ""; expected owner\/name[^]*AUTHOR is ""; expected Name <address>/],
    ['https://example.com/x', 'A <a@example.com>', /REPOSITORY is "https:\/\/example\.com\/x"/],
    ['owner/name', 'A', /AUTHOR is "A"; expected Name <address>/],
    ['owner/name', 'A <a@example.com>', /package\.json has another repository: node .* --write/],
  ])('is refused with %j and %j', async (repository, author, problem) => {
    const outcome = await run(repository, author);
    expect(outcome).toEqual({ code: 1, output: expect.stringMatching(problem) });
  });

  it('writes no address that is none', async () => {
    const before = await manifest();
    expect(await run('owner', 'A <a@example.com>', '--write')).toMatchObject({ code: 1 });
    expect(await manifest()).toEqual(before);
  });

  it('goes on once the address has been written, until it is another', async () => {
    expect(await run('owner/name', 'A <a@example.com>', '--write')).toEqual({ code: 0, output: '' });
    expect(await manifest()).toMatchObject({
      name: 'nestjs-work-stealing',
      author: 'A <a@example.com>',
      homepage: 'https://github.com/owner/name#readme',
      repository: { type: 'git', url: 'git+https://github.com/owner/name.git' },
      bugs: { url: 'https://github.com/owner/name/issues' },
    });
    expect(await run('owner/name', 'A <a@example.com>')).toEqual({ code: 0, output: '' });
    expect(await run('owner/other', 'A <a@example.com>')).toMatchObject({ code: 1 });
  });
});
