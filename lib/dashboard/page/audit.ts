import type { Snapshot } from '../wire.js';
import type { Store } from './store.js';
import { DataTable } from './data-table.js';
import { element, setHidden } from './dom.js';
import { rate, time } from './format.js';

type Entry = Snapshot['audit'][number];

/** The audit list: actions on the fleet, when and by whom. */
export class Audit {
  readonly node: HTMLElement;
  readonly #none = element('p', { class: 'note' }, 'No changes yet.');
  readonly #table = new DataTable('Changes of the fleet', ['When', 'Who', 'What']);
  #shown: Snapshot['audit'] | undefined;

  constructor() {
    this.node = element(
      'section',
      { class: 'panel' },
      element('h2', {}, 'Audit log'),
      this.#none,
      this.#table.node,
    );
  }

  update({ latest }: Store): void {
    if (latest === undefined || latest.audit === this.#shown) return;
    this.#shown = latest.audit;
    setHidden(this.#none, latest.audit.length > 0);
    setHidden(this.#table.node, latest.audit.length === 0);
    // Two entries of one moment may be identical.
    this.#table.update(latest.audit.map((entry, index) => [`${index} ${entry.at}`, wordsOf(entry)]));
  }
}

function wordsOf({ at, by, action, recruiter, jobId, rate: set }: Entry): string[] {
  const job = `${jobId ?? 'all jobs'}${recruiter === 'default' && jobId !== undefined ? '' : ` of recruiter ${recruiter}`}`;
  const what: Readonly<Record<Entry['action'], string>> = {
    'set-rate': `set the rate to ${rate(set ?? 0)}: ${job}`,
    'reset-rate': `reset the rate: ${job}`,
    pause: `paused ${job}`,
    resume: `resumed ${job}`,
    'run-once': `ran a slice: ${job}`,
  };
  return [time(at), by, what[action]];
}
