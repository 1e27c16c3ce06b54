import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { HttpTarget } from '../../measure/traffic/http-target.mjs';
import { openLoop, poisson } from '../../measure/traffic/open-loop.mjs';

const PROCESS = fileURLToPath(new URL('process.mjs', import.meta.url));

/** Real processes, the first of which runs the cron of one instance, and the clients that send them requests. */
export class Fleet {
  members = [];
  #replacement;

  /** @param {(pid: number, message: object) => void} [heard] hears what processes report of their batches */
  constructor(config, heard = () => {}) {
    this.config = config;
    this.heard = heard;
  }

  static async start(size, config, heard) {
    const fleet = new Fleet(config, heard);
    await Promise.all(Array.from({ length: size }, (_, index) => fleet.add(index === 0)));
    return fleet;
  }

  async add(runsCron) {
    const child = fork(PROCESS, [JSON.stringify({ ...this.config, runsCron })]);
    const [{ port }] = await once(child, 'message');
    child.on('message', (message) => this.heard(child.pid, message));
    this.members.push({ child, runsCron, target: new HttpTarget(port) });
  }

  /** Kills a process with SIGKILL, and has another take its place after so many ms. */
  async replace(pid, after) {
    const index = this.members.findIndex(({ child }) => child.pid === pid);
    const [{ child, runsCron, target }] = this.members.splice(index, 1);
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    target.close();
    this.#replacement = sleep(after).then(() => this.add(runsCron));
  }

  /**
   * Sends so many requests a second to the processes in turn, when they are due whatever has become of those before.
   *
   * @returns how long each took from then on: ms
   */
  async serve(perSecond, ms) {
    const arrivals = poisson(Math.random, ms, () => perSecond, perSecond);
    const times = [];
    const answers = [];
    const begun = performance.now();
    await openLoop(arrivals, (index) => {
      const { target } = this.members[index % this.members.length];
      const answer = ask(target).then(() => times.push(performance.now() - begun - arrivals[index]));
      answers.push(answer);
    });
    await Promise.all(answers);
    return times;
  }

  /** CPU time of its processes so far in ms, and how many slices the load gate has held back. */
  async tell() {
    const told = await Promise.all(
      this.members.map(async ({ child }) => {
        child.send('tell');
        return (await once(child, 'message'))[0];
      }),
    );
    const sum = (what) => told.reduce((total, each) => total + each[what], 0);
    return { cpu: sum('cpu'), loaded: sum('loaded') };
  }

  async stop() {
    await this.#replacement;
    const ended = this.members.map(async ({ child, target }) => {
      target.close();
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    });
    await Promise.all(ended);
  }
}

function ask(target) {
  return new Promise((resolve, reject) => {
    target.ask('/films/1', (status) =>
      status === 200 ? resolve() : reject(new Error(`/films/1 answered ${status}`)),
    );
  });
}
