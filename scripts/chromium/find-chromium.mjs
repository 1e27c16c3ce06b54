import { onPath } from '../debian/on-path.mjs';
import { isDebianLike } from '../debian/unpack.mjs';
import { unpackChromium } from './unpack-chromium.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/**
 * A Chromium that can be run here, with what it needs in its environment.
 *
 * @typedef {object} Chromium
 * @property {string} executablePath
 * @property {NodeJS.ProcessEnv} env
 * @property {string[]} args for a machine that may have neither a sandbox nor much shared memory
 */

/**
 * Finds a Chromium: `CHROMIUM_BIN`, or one on the PATH; on Debian and Ubuntu otherwise one that is unpacked from their
 * packages into node_modules/.cache.
 *
 * @param {object} [options]
 * @param {(line: string) => void} [options.onProgress] hears what takes time
 * @returns {Promise<Chromium>}
 */
export async function findChromium({ onProgress = () => {} } = {}) {
  const named = process.env.CHROMIUM_BIN;
  if (named) return runnable(named);
  const found = await anyOnPath();
  if (found !== undefined) return runnable(found);
  if (!(await isDebianLike())) throw new Error(`No Chromium here. ${WHAT_TO_DO}`);
  const { executablePath, env } = await unpackChromium({ onProgress, otherwise: WHAT_TO_DO });
  return runnable(executablePath, env);
}

const WHAT_TO_DO =
  'Install one (macOS: brew install --cask chromium; Debian: apt install chromium), or name its file in CHROMIUM_BIN.';

/** Chromium's own sandbox needs rights that root and containers lack; it only sees pages of these tests. */
function runnable(executablePath, env = process.env) {
  return { executablePath, env, args: ['--no-sandbox', '--disable-dev-shm-usage'] };
}

async function anyOnPath() {
  for (const name of NAMES) {
    const found = await onPath(name);
    if (found !== undefined) return found;
  }
  return undefined;
}
