import { Chores, type Batch } from '../work/chores.js';
import { sentCommands } from './sent-commands.js';
import type { ChoreName, InstanceFigures, Run } from './messages.js';

/** Keeps a record of what the ways make of the chores. Closed, there is nothing to do, and nothing is recorded. */
export class Journal extends Chores {
  #isOpen = false;
  #isDoomed = false;
  #runs: Run[] = [];
  #failures: string[] = [];
  #openedAt = { cpu: 0, sent: 0 };
  readonly #underWay = new Set<Promise<unknown>>();

  /** @param isVictim - whether this instance is the one that dies, of all that are doomed: true for one only. */
  constructor(
    private readonly chores: Chores,
    private readonly isVictim: () => Promise<boolean>,
  ) {
    super();
  }

  expire(): Promise<Batch> {
    return this.#run('expire');
  }

  fold(): Promise<Batch> {
    return this.#run('fold');
  }

  backfill(): Promise<Batch> {
    return this.#run('backfill');
  }

  open(): void {
    this.#isOpen = true;
    this.#openedAt = { cpu: cpuTime(), sent: sentCommands() };
  }

  /** The first of all instances that begins a run dies there, with whatever its way holds at that moment. */
  doom(): void {
    this.#isDoomed = true;
  }

  pardon(): void {
    this.#isDoomed = false;
  }

  figures(): InstanceFigures {
    const figures = {
      cpu: cpuTime() - this.#openedAt.cpu,
      sent: sentCommands() - this.#openedAt.sent,
      runs: this.#runs,
      failures: this.#failures,
    };
    this.#runs = [];
    this.#failures = [];
    return figures;
  }

  /** From now on there is nothing to do; resolves when what is under way has ended. */
  async settle(): Promise<void> {
    this.#isOpen = false;
    await Promise.allSettled(this.#underWay);
  }

  /** Does all that is left, past the way, so that the check at the end is of what was done, not of how fast. */
  async finish(): Promise<void> {
    const { chores } = this;
    for (const chore of ['expire', 'fold', 'backfill'] as const) while ((await chores[chore]()).done > 0);
  }

  async #run(chore: ChoreName): Promise<Batch> {
    if (!this.#isOpen) return { done: 0, limit: 1 };
    if (this.#isDoomed) await this.#meetFate();
    const working = this.chores[chore]();
    this.#underWay.add(working);
    try {
      const batch = await working;
      this.#runs.push({ chore, at: Date.now(), done: batch.done });
      return batch;
    } catch (error) {
      this.#failures.push(`${chore}: ${String(error)}`);
      throw error;
    } finally {
      this.#underWay.delete(working);
    }
  }

  async #meetFate(): Promise<void> {
    if (await this.isVictim()) process.kill(process.pid, 'SIGKILL');
    this.#isDoomed = false;
  }
}

/** CPU time of this process: ms. */
function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
