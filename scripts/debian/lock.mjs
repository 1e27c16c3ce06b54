import { mkdir, rm, stat, utimes } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** A lock this old, in ms, was left behind by a process that died: a living holder renews it every second. */
const STALE = 10_000;

/** Runs `work` while no other process does so under the same lock, which is a folder. */
export async function holding(lock, work) {
  while (!(await take(lock))) await sleep(100);
  const renewal = setInterval(() => void utimes(lock, new Date(), new Date()).catch(() => {}), 1000);
  try {
    return await work();
  } finally {
    clearInterval(renewal);
    await rm(lock, { recursive: true, force: true });
  }
}

async function take(lock) {
  try {
    await mkdir(lock);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    const { mtimeMs } = await stat(lock).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > STALE) await rm(lock, { recursive: true, force: true });
    return false;
  }
}
