import { Chores, type Batch } from '../work/chores.js';
import type { ChoreName, InstanceFigures, Run } from './messages.js';

/** Keeps a record of what the ways make of the chores. Closed, there is nothing to do, and nothing is recorded. */
export class Journal extends Chores {
  #isOpen = false;
  #isDoomed = false;
  #runs: Run[] = [];
  #failures: string[] = [];
  #openedAt = 0;

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
    this.#openedAt = cpuTime();
  }

  /** The first of all instances that begins a run dies there, with whatever its way holds at that moment. */
  doom(): void {
    this.#isDoomed = true;
  }

  pardon(): void {
    this.#isDoomed = false;
  }

  figures(): InstanceFigures {
    const figures = { cpu: cpuTime() - this.#openedAt, runs: this.#runs, failures: this.#failures };
    this.#runs = [];
    this.#failures = [];
    return figures;
  }

  /** Does all that is left, past the way, so that nothing is lost to the check at the end. */
  async finish(): Promise<void> {
    this.#isOpen = false;
    const { chores } = this;
    for (const chore of ['expire', 'fold', 'backfill'] as const) while ((await chores[chore]()).done > 0);
  }

  async #run(chore: ChoreName): Promise<Batch> {
    if (!this.#isOpen) return { done: 0, limit: 1 };
    if (this.#isDoomed) await this.#meetFate();
    try {
      const batch = await this.chores[chore]();
      this.#runs.push({ chore, at: Date.now(), done: batch.done });
      return batch;
    } catch (error) {
      this.#failures.push(`${chore}: ${String(error)}`);
      throw error;
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
