import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../redis/free-port.mjs';
import { findPrometheus } from './find.mjs';

/** Until it answers: ms. */
const PATIENCE = 60_000;
/** So often is another port tried when somebody else was faster. */
const ATTEMPTS = 10;

/**
 * A private Prometheus.
 *
 * @typedef {object} PrivatePrometheus
 * @property {string} url
 * @property {(expression: string) => Promise<{ metric: Record<string, string>, value: [number, string] }[]>} query
 * answers the vector that an expression comes to now
 * @property {(path: string) => Promise<any>} api answers the data of a path under /api/v1
 * @property {() => Promise<void>} stop ends it and removes its folder
 */

/**
 * Starts a Prometheus on 127.0.0.1 that scrapes every second.
 *
 * @param {object} options
 * @param {string[]} options.targets as `127.0.0.1:3000`, whose /metrics is scraped
 * @param {string[]} [options.rules] files of rules
 * @returns {Promise<PrivatePrometheus>}
 */
export async function startPrometheus({ targets, rules = [] }) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await started(targets, rules);
    } catch (error) {
      if (attempt === ATTEMPTS || !/already in use/i.test(error.message)) throw error;
    }
  }
}

async function started(targets, rules) {
  const { prometheus } = await findPrometheus();
  const folder = await mkdtemp(join(tmpdir(), 'work-stealing-prometheus-'));
  // JSON is YAML.
  await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(configuration(targets, rules)));
  const port = await freePort();
  const server = spawn(
    prometheus,
    [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const ours = new Prometheus(server, `http://127.0.0.1:${port}`, folder);
  try {
    await ours.answer();
    return ours;
  } catch (error) {
    await ours.stop();
    throw error;
  }
}

function configuration(targets, rules) {
  return {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: rules,
    scrape_configs: [{ job_name: 'fleet', static_configs: [{ targets }] }],
  };
}

class Prometheus {
  #log = '';

  constructor(server, url, folder) {
    this.server = server;
    this.url = url;
    this.folder = folder;
    server.stderr.setEncoding('utf8').on('data', (text) => (this.#log += text));
    this.exited = once(server, 'exit');
    // Whoever started it may end without a word.
    this.endWithUs = () => server.kill('SIGKILL');
    process.once('exit', this.endWithUs);
  }

  async answer() {
    const deadline = Date.now() + PATIENCE;
    while (!(await this.#isReady())) {
      if (this.server.exitCode !== null) throw new Error(`Prometheus ended at once: ${this.#log}`);
      if (Date.now() > deadline) throw new Error(`No answer from Prometheus in ${PATIENCE} ms: ${this.#log}`);
      await sleep(50);
    }
  }

  async query(expression) {
    const { result } = await this.api(`query?query=${encodeURIComponent(expression)}`);
    return result;
  }

  async api(path) {
    const response = await fetch(`${this.url}/api/v1/${path}`);
    const { status, data, error } = await response.json();
    if (status !== 'success') throw new Error(`Prometheus says of ${path}: ${error}`);
    return data;
  }

  async stop() {
    process.off('exit', this.endWithUs);
    this.server.kill('SIGKILL');
    await this.exited;
    await rm(this.folder, { recursive: true, force: true });
  }

  async #isReady() {
    return fetch(`${this.url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  }
}
