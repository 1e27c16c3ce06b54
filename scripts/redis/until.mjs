import { setTimeout as sleep } from 'node:timers/promises';

/** What several servers need to be ready together, on a machine that may stall for seconds: ms. */
const PATIENCE = 90_000;

/**
 * Asks until it is so.
 *
 * @param {string} what for the error
 * @param {() => Promise<boolean>} isSo
 * @throws {Error} when it is not so within 90 s
 */
export async function until(what, isSo) {
  const deadline = performance.now() + PATIENCE;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`Not so within ${PATIENCE} ms: ${what}`);
    await sleep(50);
  }
}
