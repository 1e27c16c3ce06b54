import type { SentJob } from '../wire.js';
import type { Context } from './actions.js';
import { button, cell, element, foreign, freshId, setAttribute, setHidden, setText } from './dom.js';
import { bothMilliseconds, perSecond, rate, roughly } from './format.js';
import { JobDetails, pausedBy } from './job-details.js';
import { OutcomeChart } from './outcome-chart.js';
import type { Bars } from './outcomes.js';
import { Progress } from './progress.js';
import { hasFailedRecently, WORDS } from './verdicts.js';

/** Labels of the columns; a narrow screen shows them beside each value. */
export const COLUMNS = [
  ['Job', 'of-job'],
  ['Rate', 'of-rate'],
  ['Outcomes, 5 min', 'of-outcomes'],
  ['Slices/s', 'number'],
  ['Items/s', 'number'],
  ['p50 / p99', 'number'],
  ['Waiting', 'of-waiting'],
  ['Advice', 'of-advice'],
  ['Control', 'of-control'],
] as const;

/** Maximum of times that back-off halves a rate. */
const MAX_HALVINGS = 6;

/** The row of one job, and the details below it. */
export class JobRow {
  readonly node: HTMLTableSectionElement;
  readonly #toggle: HTMLButtonElement;
  readonly #badges = element('span', { class: 'badges' });
  readonly #rate = element('span', { class: 'figure' });
  readonly #rateNote = element('span', { class: 'note' });
  readonly #change: HTMLButtonElement;
  readonly #chart = new OutcomeChart(true);
  readonly #cells: readonly HTMLElement[];
  readonly #level = element('i');
  readonly #suggestion = element('span', { class: 'note' });
  readonly #waiting: Progress;
  readonly #pause: HTMLButtonElement;
  readonly #runOnce: HTMLButtonElement;
  readonly #detailsCell: HTMLTableCellElement;
  readonly #detailsRow: HTMLTableRowElement;
  #details: JobDetails | undefined;
  #shown: SentJob | undefined;
  #shownBy: string | null | undefined;

  constructor(
    private readonly context: Context,
    private job: SentJob,
  ) {
    this.#waiting = new Progress(job.id);
    const nameId = freshId();
    const detailsId = freshId();
    this.#toggle = button('', () => this.#open(this.#detailsRow.hidden === true), {
      class: 'toggle',
      id: nameId,
      title: job.id,
      attributes: { 'aria-expanded': 'false', 'aria-controls': detailsId },
    });
    this.#toggle.append(foreign(job.id));
    const labelled = (label: string, onClick: () => void) => {
      const id = freshId();
      return button(label, onClick, { id, attributes: { 'aria-labelledby': `${id} ${nameId}` } });
    };
    this.#change = labelled('Change', () => this.#edit());
    this.#pause = labelled('Pause', () => void this.#togglePause());
    this.#runOnce = labelled('Run once', () => void this.#run());
    this.#cells = ['', '', '', ''].map(() => element('span', { class: 'figure' }));
    this.#detailsCell = element('td', { role: 'cell', colSpan: COLUMNS.length });
    this.#detailsRow = element('tr', { role: 'row', id: detailsId, hidden: true }, this.#detailsCell);
    this.node = element('tbody', { role: 'rowgroup', class: 'job' }, this.#row(), this.#detailsRow);
  }

  get ref(): number {
    return this.job.ref;
  }

  update(job: SentJob): void {
    this.job = job;
    const { by } = this.context.store.viewer;
    if (this.#shown === job && this.#shownBy === by) return;
    this.#shown = job;
    this.#shownBy = by;
    this.#showRate(job);
    this.#showFigures(job);
    this.#showBadges(job);
    this.#showControls(job, by !== null);
    if (!this.#detailsRow.hidden) this.#details?.update(job);
  }

  /** @param isInSight - whether the row is on the screen; other plots are not drawn. */
  draw(bars: Bars, isInSight: boolean): void {
    this.#chart.describe(bars, this.job.ref);
    if (isInSight) this.#chart.draw(bars, this.job.ref);
    else this.#chart.clear();
    if (!this.#detailsRow.hidden && isInSight) this.#details?.draw(bars, this.job.ref);
  }

  clear(): void {
    this.#chart.clear();
    this.#details?.clear();
  }

  #row(): HTMLTableRowElement {
    const [slices, items, durations, advice] = this.#cells as [
      HTMLElement,
      ...HTMLElement[],
    ] as HTMLElement[];
    const contents = [
      [line(this.#rate, this.#change), element('span', { class: 'level' }, this.#level), this.#rateNote],
      [this.#chart.node],
      [slices!],
      [items!],
      [durations!],
      [this.#waiting.node],
      [advice!, this.#suggestion],
      [line(this.#pause, this.#runOnce)],
    ];
    const head = element('th', { role: 'rowheader', scope: 'row' }, this.#toggle, this.#badges);
    const cells = contents.map((content, index) => {
      const [label, kind] = COLUMNS[index + 1]!;
      return cell(label, kind, ...content);
    });
    return element('tr', { role: 'row' }, head, ...cells);
  }

  #showRate({ rate: inForce, declaredRate, override, effectiveRate }: SentJob): void {
    setText(this.#rate, rate(inForce));
    const effective = `effective ${roughly(effectiveRate)}`;
    setText(this.#rateNote, override ? `declared ${rate(declaredRate)}; ${effective}` : effective);
    // Back-off lowers a rate to at most a sixty-fourth; the scale is logarithmic, so that each halving is visible.
    const halvings = effectiveRate > 0 && inForce > 0 ? Math.log2(inForce / effectiveRate) : MAX_HALVINGS;
    this.#level.style.width = `${100 * Math.min(1, Math.max(0.04, 1 - halvings / MAX_HALVINGS))}%`;
  }

  #showFigures(job: SentJob): void {
    const { durations, advice } = job;
    const both = durations && bothMilliseconds(durations.p50, durations.p99);
    const texts = [perSecond(job.slicesPerSecond), perSecond(job.itemsPerSecond), both ?? '–'];
    texts.push(WORDS[advice.verdict]);
    this.#cells.forEach((shown, index) => setText(shown, texts[index]!));
    setAttribute(this.#cells[3]!, 'title', advice.reason);
    setAttribute(this.#cells[3]!, 'class', `figure verdict ${advice.verdict}`);
    setText(this.#suggestion, advice.verdict.startsWith('too') ? `better ${rate(advice.suggested)}` : '');
    this.#waiting.update(job);
  }

  #showBadges(job: SentJob): void {
    const { recruiter, paused, override } = job;
    const badges = [
      recruiter === 'default' ? undefined : (['recruiter', recruiter] as const),
      paused ? (['paused', `paused ${pausedBy(job)}`] as const) : undefined,
      override && (['override', `rate set by ${override.by}`] as const),
      hasFailedRecently(job) ? troubleOf(job.lastError!) : undefined,
    ].filter((badge) => badge !== undefined);
    const text = JSON.stringify(badges);
    if (this.#badges.dataset['badges'] === text) return;
    this.#badges.dataset['badges'] = text;
    this.#badges.replaceChildren(
      ...badges.map(([kind, label]) =>
        element('span', { class: `badge ${kind}`, title: label }, foreign(label)),
      ),
    );
  }

  #showControls({ paused, pauses }: SentJob, mayWrite: boolean): void {
    setText(this.#pause, pauses.job ? 'Resume' : 'Pause');
    setHidden(this.#pause, !mayWrite);
    setHidden(this.#runOnce, !mayWrite);
    setHidden(this.#change, !mayWrite);
    this.#runOnce.disabled = paused;
  }

  #open(isOpen: boolean): void {
    if (isOpen && this.#details === undefined) {
      this.#details = new JobDetails(this.context, this.job);
      this.#detailsCell.append(this.#details.node);
    }
    this.#detailsRow.hidden = !isOpen;
    setAttribute(this.#toggle, 'aria-expanded', String(isOpen));
    if (!isOpen) return;
    this.#details?.update(this.job);
    this.node.dispatchEvent(new Event('opened', { bubbles: true }));
  }

  #edit(): void {
    this.#open(true);
    this.#details?.form.focus();
  }

  async #togglePause(): Promise<void> {
    const { recruiter, id, pauses } = this.job;
    const [action, done] = pauses.job ? (['resume', 'resumed'] as const) : (['pause', 'paused'] as const);
    await this.context.actions.send({ action, recruiter, id }, `${id} is ${done}.`);
  }

  async #run(): Promise<void> {
    const { recruiter, id } = this.job;
    const done = this.context.store.latest?.scope === 'fleet' ? 'will run a slice of' : 'has run a slice of';
    await this.context.actions.send({ action: 'run-once', recruiter, id }, `A process ${done} ${id}.`);
  }
}

function troubleOf({ reason, message }: NonNullable<SentJob['lastError']>) {
  if (reason === 'error' || reason === 'late') return ['failing', `failed: ${message}`] as const;
  return ['cut', `cut short: ${message}`] as const;
}

function line(...children: readonly Node[]): HTMLElement {
  return element('div', { class: 'line' }, ...children);
}
