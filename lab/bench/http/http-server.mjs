import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { HttpTarget } from '../../measure/traffic/http-target.mjs';
import { openLoop } from '../../measure/traffic/open-loop.mjs';
import { quantile } from '../../measure/statistics.mjs';

const SERVER = fileURLToPath(new URL('../children/server.mjs', import.meta.url));
const PATH = '/films/1';
/** As many as keep a server busy; requests that find none free wait, and their waiting counts. */
const CONNECTIONS = 32;

/** A server in a process of its own, bare or decorated, and the clients that drive it. */
export class HttpServer {
  static async start(platform, variant, { kind, ms }) {
    const process = fork(SERVER, [platform, variant, kind, String(ms)]);
    const [{ port }] = await once(process, 'message');
    return new HttpServer(process, new HttpTarget(port, CONNECTIONS));
  }

  constructor(process, target) {
    this.process = process;
    this.target = target;
  }

  stop() {
    this.target.close();
    this.process.disconnect();
  }

  /** Requests a second that it answers when all connections are always busy. */
  async capacity(seconds) {
    const begun = performance.now();
    let answers = 0;
    const isOver = () => performance.now() - begun > seconds * 1000;
    const client = async () => {
      while (!isOver()) {
        await this.#ask();
        answers++;
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, client));
    return (answers / (performance.now() - begun)) * 1000;
  }

  /** Sends requests when they are due; answers how long they took from then on, in ms, and what they cost. */
  async serve(arrivals) {
    const before = await this.figures();
    const times = [];
    const answers = [];
    const begun = performance.now();
    await openLoop(
      arrivals,
      (index) =>
        answers.push(this.#ask().then(() => times.push(performance.now() - begun - arrivals[index]))),
      { isSpinning: true },
    );
    await Promise.all(answers);
    const seconds = (performance.now() - begun) / 1000;
    const after = await this.figures();
    return {
      p50: quantile(times, 0.5),
      p99: quantile(times, 0.99),
      cpu: ((after.cpu - before.cpu) / times.length) * 1000,
      slices: (after.slices - before.slices) / seconds,
    };
  }

  async figures() {
    this.process.send('figures');
    const [figures] = await once(this.process, 'message');
    return figures;
  }

  #ask() {
    return new Promise((resolve, reject) => {
      this.target.ask(PATH, (status) =>
        status === 200 ? resolve() : reject(new Error(`${PATH} answered ${status}`)),
      );
    });
  }
}
