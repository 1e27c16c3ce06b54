import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { findRedisServer } from './find-server.mjs';
import { freePort } from './free-port.mjs';
import { ping } from './ping.mjs';

// The pipe at descriptor 3 closes when the process that started the server ends, however it ends; the server goes
// with it.
const GUARD =
  '"$@" 3<&- & pid=$!; echo $pid; (read -r _ <&3; kill -9 $pid 2>/dev/null) & wait $pid; kill $! 2>/dev/null';

const NOTHING_ON_DISK = ['--save', '', '--appendonly', 'no'];

/** Until it answers, on a machine that may stall for seconds: ms. */
const PATIENCE = 60_000;
/** So often is another port tried when somebody else was faster. */
const ATTEMPTS = 10;
/** A node of a Cluster talks to the others on the port so far above its own. */
const CLUSTER_BUS = 10_000;

/**
 * A private server.
 *
 * @typedef {object} PrivateRedis
 * @property {string} url
 * @property {string} host
 * @property {number} port
 * @property {number} pid of the server itself, for signals
 * @property {(signal: NodeJS.Signals) => void} kill sends the server a signal
 * @property {() => Promise<void>} exited resolves when the server has ended
 * @property {() => Promise<void>} restart starts it again on the same port (with the data it has on disk: none, by default)
 * @property {() => Promise<void>} stop ends it and removes its folder
 */

/**
 * Starts a server on 127.0.0.1 that keeps nothing on disk and ends with this process.
 *
 * @param {object} [options]
 * @param {number} [options.port] default: a free one
 * @param {string[]} [options.args] more arguments, such as `--maxmemory 10mb`
 * @param {string} [options.config] text of a configuration file, for what cannot be without one
 * @param {'redis-6' | 'redis-8' | 'valkey-8' | 'valkey-9'} [options.release] that release and no other
 * @param {(line: string) => void} [options.onProgress] hears what takes time
 * @returns {Promise<PrivateRedis>}
 */
export async function startRedis({ port, args = [], config, release, onProgress } = {}) {
  const found = await findRedisServer({ release, onProgress });
  if (port !== undefined) return started(new Server(found, port, args, config));
  const bus = args.includes('--cluster-enabled') ? CLUSTER_BUS : undefined;
  for (let attempt = 1; ; attempt++) {
    try {
      return await started(new Server(found, await freePort(bus), args, config));
    } catch (error) {
      if (attempt === ATTEMPTS || !/already in use/i.test(error.message)) throw error;
    }
  }
}

async function started(server) {
  try {
    await server.start();
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

class Server {
  host = '127.0.0.1';
  #process;
  #folder;

  constructor(found, port, args, config) {
    this.found = found;
    this.port = port;
    this.args = args;
    this.config = config;
    this.url = `redis://${this.host}:${port}`;
  }

  async start() {
    this.#folder ??= await mkdtemp(join(tmpdir(), 'work-stealing-redis-'));
    const options =
      `--port ${this.port} --bind ${this.host} --dir ${this.#folder} --logfile server.log`.split(' ');
    const file = await this.#configFile();
    const command = [...this.found.server, ...file, ...options, ...NOTHING_ON_DISK, ...this.args];
    this.#process = spawn('sh', ['-c', GUARD, 'sh', ...command], {
      env: this.found.env,
      stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
      // Ctrl-C reaches every process of the terminal's group; when the server ends is for its owner to say.
      detached: true,
    });
    const [pid] = await once(createInterface(this.#process.stdout), 'line');
    this.pid = Number(pid);
    await this.#answer();
    this.#process.unref();
    for (const stream of this.#process.stdio) stream?.unref?.();
  }

  /** The file, as the first argument, if there is to be one. */
  async #configFile() {
    if (this.config === undefined) return [];
    const file = join(this.#folder, 'server.conf');
    await writeFile(file, this.config);
    return [file];
  }

  kill(signal) {
    process.kill(this.pid, signal);
  }

  async exited() {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.ref();
    await once(this.#process, 'exit');
  }

  async restart() {
    await this.#end();
    await this.start();
  }

  async stop() {
    await this.#end();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #end() {
    const exited = this.exited();
    try {
      // A stopped process hears no other signal before it goes on.
      this.kill('SIGCONT');
      this.kill('SIGKILL');
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
    await exited;
  }

  async #answer() {
    const waiting = new AbortController();
    const ended = this.exited().then(() => 'ended');
    const answer = await Promise.race([
      ended,
      ping(this.host, this.port, this.pid, PATIENCE, waiting.signal),
    ]);
    waiting.abort();
    if (answer === 'ended') {
      const log = await readFile(join(this.#folder, 'server.log'), 'utf8').catch(() => 'it left no log');
      throw new Error(`${this.found.server.at(-1)} ended at once: ${log}`);
    }
  }
}
