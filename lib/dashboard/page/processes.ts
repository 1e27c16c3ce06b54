import type { Store } from './store.js';
import { DataTable } from './data-table.js';
import { element, setText } from './dom.js';
import { count, percent, perSecond, time } from './format.js';

/** The processes of the fleet. */
export class Processes {
  readonly node: HTMLElement;
  readonly #title = element('h2', {}, 'Processes');
  readonly #table = new DataTable('Processes of the fleet', [
    'Host',
    'Process',
    'Version',
    'Since',
    'Loop busy',
    'In flight',
    'Enlistments/s',
  ]);

  constructor() {
    this.node = element('section', { class: 'panel' }, this.#title, this.#table.node);
  }

  update({ latest }: Store): void {
    if (latest === undefined) return;
    const { processes, totals } = latest;
    const isCut = totals.processes > processes.length;
    const more = isCut ? `: the first ${processes.length} of ${count(totals.processes)}` : '';
    setText(this.#title, `Processes${more}`);
    this.#table.update(
      processes.map((process) => [
        process.id,
        [
          process.host,
          `${process.pid}${process.isSelf ? ' (this page)' : ''}`,
          process.version ?? '–',
          time(process.since),
          percent(process.utilization),
          count(process.inFlight),
          perSecond(process.enlistmentsPerSecond),
        ],
      ]),
    );
  }
}
