import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { onPath } from '../debian/on-path.mjs';
import { isDebianLike } from '../debian/unpack.mjs';
import { unpackChromium } from './unpack-chromium.mjs';

const run = promisify(execFile);

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
 * Finds a Chromium: `CHROMIUM_BIN`, or one on the PATH. In CI, as root on Debian or Ubuntu, it is installed; elsewhere on
 * those it is unpacked from their packages without root, into node_modules/.cache.
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
  if (!(await isDebianLike())) throw new Error(`No Chromium here.${WHAT_TO_DO}`);
  try {
    if (process.env.CI && process.getuid() === 0) return runnable(await install(onProgress));
    return { ...runnable(''), ...(await unpackChromium(onProgress)) };
  } catch (error) {
    const why = error.stderr?.trim() || error.message;
    throw new Error(`Chromium could not be had from packages: ${why}.${WHAT_TO_DO}`, { cause: error });
  }
}

const WHAT_TO_DO =
  ' Install one (macOS: brew install --cask chromium; Debian: apt install chromium), or name its file in CHROMIUM_BIN.';

/** Chromium's own sandbox needs rights that root and containers lack; it only sees pages of these tests. */
function runnable(executablePath) {
  return { executablePath, env: process.env, args: ['--no-sandbox', '--disable-dev-shm-usage'] };
}

async function anyOnPath() {
  for (const name of NAMES) {
    const found = await onPath(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function install(onProgress) {
  onProgress('Installing chromium from the distribution (once, about a minute)');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['-qq', 'update'], { env });
  await run('apt-get', ['-qq', '-y', '--no-install-recommends', 'install', 'chromium', 'fonts-dejavu-core'], {
    env,
    maxBuffer: 1 << 26,
  });
  const installed = await anyOnPath();
  if (installed === undefined) throw new Error('apt-get has installed it, but it is not on the PATH');
  return installed;
}
