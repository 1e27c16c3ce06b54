import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { compileLib, type CompiledLib } from './support/compile-lib.js';
import { useRedis } from './support/redis.js';

const IDS = 1200;
/** What the log, the metrics and the orders keep of them at most. */
const KEPT = 1000;

describe('Ids that are made up as a process runs', () => {
  const redis = useRedis();
  let lib: CompiledLib;

  beforeAll(async () => {
    lib = await compileLib();
  }, 60_000);
  afterAll(() => lib.remove());

  it('fill no map or set of the process, whatever is switched on', async () => {
    const worker = join(import.meta.dirname, 'workers/made-up-ids.mjs');
    const { stdout } = await promisify(execFile)(process.execPath, [worker, lib.folder, redis.url, `${IDS}`]);
    const found = JSON.parse(stdout.trim().split('\n').at(-1)!) as { size: number; first: string }[];
    // Otherwise nothing was looked at.
    expect(found).not.toEqual([]);
    expect(found.filter(({ size }) => size > KEPT)).toEqual([]);
  }, 180_000);
});
