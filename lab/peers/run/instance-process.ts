import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { HttpTarget } from '../../measure/traffic/http-target.mjs';
import type { InstanceFigures, Order, Ready } from '../instance/messages.js';

const MAIN = fileURLToPath(new URL('../instance/main.js', import.meta.url));

/** One instance of the fleet, as the driver holds it. */
export class InstanceProcess {
  /** Whether the balancer sends it requests. */
  isUp = false;
  #isExpectedToEnd = false;

  private constructor(
    private readonly process: ChildProcess,
    readonly target: HttpTarget,
    readonly ended: Promise<number>,
  ) {}

  /** Resolves when it listens. */
  static async start(way: string, redisUrl: string): Promise<InstanceProcess> {
    const started = fork(MAIN, [way], {
      env: { ...process.env, REDIS_URL: redisUrl, NODE_ENV: 'production', NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    let output = '';
    for (const stream of [started.stdout!, started.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-4000)));
    }
    const ended = once(started, 'exit').then(() => Date.now());
    const ready = await Promise.race([once(started, 'message') as Promise<[Ready]>, ended]);
    if (typeof ready === 'number')
      throw new Error(`An instance of ${way} ended before it listened: ${output}`);
    const instance = new InstanceProcess(started, new HttpTarget(ready[0].port), ended);
    void ended.then(() => {
      instance.isUp = false;
      instance.target.close();
      if (!instance.#isExpectedToEnd) console.error(`An instance of ${way} ended unexpectedly: ${output}`);
    });
    return instance;
  }

  /** Sends `count` requests, a few at a time, so that what is measured is not V8 at its first acquaintance. */
  async warmUp(count: number, together: number): Promise<void> {
    let left = count;
    const client = async () => {
      while (left-- > 0)
        await new Promise<void>((resolve) => this.target.ask(`/warm/${left % 50}`, () => resolve()));
    };
    await Promise.all(Array.from({ length: together }, client));
  }

  open(): void {
    this.#send('open');
    this.isUp = true;
  }

  async figures(): Promise<InstanceFigures> {
    return (await this.#ask('figures')) as InstanceFigures;
  }

  /** Has it end what is under way, or do all that is left. */
  async carryOut(order: 'settle' | 'finish'): Promise<void> {
    await this.#ask(order);
  }

  doom(): void {
    this.#isExpectedToEnd = true;
    this.#send('doom');
  }

  pardon(): void {
    this.#isExpectedToEnd = false;
    this.#send('pardon');
  }

  kill(): void {
    this.#isExpectedToEnd = true;
    this.process.kill('SIGKILL');
  }

  /** Ends it as a deploy does. */
  async close(): Promise<void> {
    this.isUp = false;
    this.#isExpectedToEnd = true;
    this.#send('close');
    await this.ended;
  }

  async #ask(order: Order): Promise<unknown> {
    const answered = once(this.process, 'message') as Promise<[unknown]>;
    this.#send(order);
    const answer = await Promise.race([answered, this.ended]);
    if (typeof answer === 'number') throw new Error(`An instance ended instead of answering "${order}"`);
    return answer[0];
  }

  #send(order: Order): void {
    this.process.send(order, () => {
      // Who is gone hears nothing; that it is gone is told by `ended`.
    });
  }
}
