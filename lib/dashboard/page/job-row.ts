import type { SentJob } from '../wire.js';
import type { Context } from './actions.js';
import { button, cell, element, foreign, freshId, setAttribute, setHidden, setText } from './dom.js';
import { bothMilliseconds, perSecond, rate, roughly, span } from './format.js';
import { JobDetails, pausedBy } from './job-details.js';
import { OutcomeChart } from './outcome-chart.js';
import type { Bars } from './outcomes.js';
import { everyText, isOverdue, nextText } from './periods.js';
import { Progress } from './progress.js';
import { hasFailedRecently, isAbort, NOTES, wordsOf } from './verdicts.js';

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
  readonly #levelBar = element('span', { class: 'level' }, this.#level);
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
    this.#runOnce = labelled('Run now', () => void this.#run());
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
    // Without a change of the job, an error that was recent no longer is.
    this.#showBadges(job);
    if (!this.#detailsRow.hidden) this.#details?.update(job);
    const { by } = this.context.store.viewer;
    if (this.#shown === job && this.#shownBy === by) return;
    this.#shown = job;
    this.#shownBy = by;
    this.#showRate(job);
    this.#showFigures(job);
    this.#showControls(job, by !== null);
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
      [line(this.#rate, this.#change), this.#levelBar, this.#rateNote],
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

  #showRate(job: SentJob): void {
    const { rate: inForce, effectiveRate, period } = job;
    setHidden(this.#levelBar, period !== undefined);
    setText(this.#rate, period === undefined ? rate(inForce) : everyText(period));
    setText(this.#rateNote, period === undefined ? rateNote(job) : nextText(period));
    // Back-off lowers a rate to at most a sixty-fourth; the scale is logarithmic, so that each halving is visible.
    const halvings = effectiveRate > 0 && inForce > 0 ? Math.log2(inForce / effectiveRate) : MAX_HALVINGS;
    this.#level.style.width = `${100 * Math.min(1, Math.max(0.04, 1 - halvings / MAX_HALVINGS))}%`;
  }

  #showFigures(job: SentJob): void {
    const { durations, advice } = job;
    const both = durations && bothMilliseconds(durations.p50, durations.p99);
    const texts = [perSecond(job.slicesPerSecond), perSecond(job.itemsPerSecond), both ?? '–'];
    texts.push(wordsOf(job));
    this.#cells.forEach((shown, index) => setText(shown, texts[index]!));
    setAttribute(this.#cells[3]!, 'title', advice.reason);
    setAttribute(this.#cells[3]!, 'class', `figure verdict ${advice.verdict}`);
    const why = advice.verdict in NOTES ? NOTES[advice.verdict as keyof typeof NOTES] : '';
    setText(this.#suggestion, why === texts[3] ? '' : why);
    this.#waiting.update(job);
  }

  #showBadges(job: SentJob): void {
    const { recruiter, paused, override } = job;
    const badges = [
      recruiter === 'default' ? undefined : (['recruiter', recruiter] as const),
      paused ? (['paused', `paused ${pausedBy(job)}`] as const) : undefined,
      override && (['override', `rate set by ${override.by}`] as const),
      isOverdue(job) ? (['cut', `pass overdue by ${span(job.period!.overdueBy)}`] as const) : undefined,
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

function rateNote({ declaredRate, isDefaultRate, override, effectiveRate }: SentJob): string {
  const effective = `effective ${roughly(effectiveRate)}`;
  if (override === undefined) return isDefaultRate ? `default; ${effective}` : effective;
  return `${isDefaultRate ? 'default' : 'declared'} ${rate(declaredRate)}; ${effective}`;
}

function troubleOf(error: NonNullable<SentJob['lastError']>) {
  return isAbort(error)
    ? (['cut', `cut short: ${error.message}`] as const)
    : (['failing', `failed: ${error.message}`] as const);
}

function line(...children: readonly Node[]): HTMLElement {
  return element('div', { class: 'line' }, ...children);
}
