import type { SentJob } from '../wire.js';
import type { Context } from './actions.js';
import { element, foreign, setHidden, setText } from './dom.js';
import { count, decimal, milliseconds, rate, span, time } from './format.js';
import { OutcomeChart } from './outcome-chart.js';
import { MEANINGS, OUTCOMES, type Bars } from './outcomes.js';
import { everyText, nextText, passText } from './periods.js';
import { RateForm } from './rate-form.js';
import { isAbort, isForgotten } from './verdicts.js';

/** Details and rate form of one job, shown when its row is opened. */
export class JobDetails {
  readonly node: HTMLElement;
  readonly form: RateForm;
  readonly #chart = new OutcomeChart(false);
  readonly #advice = foreign('');
  readonly #facts = element('dl', { class: 'facts' });
  readonly #counts = element('dl', { class: 'facts counts' });
  readonly #error = element('details', { class: 'error' });
  readonly #errorTitle = element('summary');
  readonly #stack = element('pre', { attributes: { tabindex: '0' } });
  #job: SentJob | undefined;

  constructor(
    private readonly context: Context,
    job: SentJob,
  ) {
    this.form = new RateForm(context, job);
    this.#error.append(this.#errorTitle, this.#stack);
    this.#error.open = true;
    const advice = element('p', { class: 'advice' }, element('strong', {}, 'Advice'), ' ', this.#advice);
    const left = element('div', {}, this.form.node, advice, this.#facts);
    const right = element('div', {}, this.#chart.node, this.#counts);
    this.node = element('div', { class: 'details' }, left, right, this.#error);
  }

  update(job: SentJob): void {
    setHidden(this.form.node, this.context.store.viewer.by === null);
    this.form.update(job);
    this.#showError(job);
    if (this.#job === job) return;
    this.#job = job;
    setText(this.#advice, job.advice.reason);
    replaceFacts(this.#facts, factsOf(job));
    replaceFacts(this.#counts, countsOf(job));
  }

  draw(bars: Bars, ref: number): void {
    this.#chart.describe(bars, ref);
    this.#chart.draw(bars, ref);
  }

  clear(): void {
    this.#chart.clear();
  }

  #showError({ lastError }: SentJob): void {
    const isShown = lastError !== undefined && !isForgotten(lastError);
    setHidden(this.#error, !isShown);
    if (!isShown) return;
    const { reason, at, message, stack, duration } = lastError;
    const what = isAbort(lastError) ? 'Last slice that was cut short' : 'Last error';
    this.#error.classList.toggle('cut', isAbort(lastError));
    setText(this.#errorTitle, `${what}, ${time(at)}, after ${milliseconds(duration)} (${reason})`);
    // A stack usually begins with the message.
    const isIncluded = stack?.includes(message) === true;
    setText(this.#stack, isIncluded || stack === undefined ? (stack ?? message) : `${message}\n${stack}`);
  }
}

type Fact = readonly [term: string, value: string];

function factsOf(job: SentJob): Fact[] {
  const { durations, override, lastWorkAt, backlog } = job;
  const facts: (Fact | undefined)[] = [
    ['Job', job.id],
    ['Recruiter', job.recruiter],
    ['Processes with the job', count(job.processes)],
    ...periodFacts(job),
    [job.isDefaultRate ? 'Default rate' : 'Declared rate', rate(job.declaredRate)],
    override && ['Rate in force', `${rate(override.rate)}, set by ${override.by}, ${time(override.at)}`],
    ['Effective rate', decimal(job.effectiveRate)],
    ['Items done', count(job.items)],
    durations && ['Mean, longest slice', `${milliseconds(durations.mean)}, ${milliseconds(durations.max)}`],
    backlog === undefined ? undefined : ['Waiting', count(backlog)],
    lastWorkAt === undefined ? undefined : ['Last work', time(lastWorkAt)],
    job.paused ? ['Paused', pausedBy(job)] : undefined,
    ...gateFacts(job),
  ];
  return facts.filter((fact) => fact !== undefined);
}

function periodFacts({ period }: SentJob): Fact[] {
  if (period === undefined) return [];
  const { scope, lastPass, overdueBy } = period;
  const facts: (Fact | undefined)[] = [
    ['Period', `${everyText(period)}, ${scope === 'fleet' ? 'in the whole fleet' : 'in each process'}`],
    ['Now', nextText(period)],
    lastPass && ['Last pass', passText(lastPass)],
    overdueBy >= 1000 ? ['Overdue', span(overdueBy)] : undefined,
  ];
  return facts.filter((fact) => fact !== undefined);
}

/** What the gates of the application itself have held back. */
function gateFacts({ gatedBy }: SentJob): Fact[] {
  return Object.entries(gatedBy)
    .filter(([reason, times]) => reason.startsWith(USER_GATE) && times > 0)
    .map(([reason, times]) => {
      const slices = `${count(times)} slice${times === 1 ? '' : 's'}`;
      return [`Gate ${reason.slice(USER_GATE.length)}`, `held back ${slices}`];
    });
}

/** Prefix of the reasons of gates that the application has added. */
const USER_GATE = 'gate:';

export function pausedBy({ pauses }: SentJob): string {
  if (pauses.recruiter)
    return pauses.job ? 'alone, and with all jobs of its recruiter' : 'with all jobs of its recruiter';
  return pauses.job ? 'alone' : 'by code: only code can resume it';
}

function countsOf({ counts, gatedBy }: SentJob): Fact[] {
  const reasons = Object.entries(gatedBy).map(([reason, times]) => `${reason} ${count(times)}`);
  return OUTCOMES.map((outcome) => {
    const meaning = outcome === 'gated' && reasons.length > 0 ? reasons.join(', ') : MEANINGS[outcome];
    return [outcome, `${count(counts[outcome])} (${meaning})`];
  });
}

/** Replaces only the values if the terms are the same. */
function replaceFacts(list: HTMLElement, facts: readonly Fact[]): void {
  const terms = facts.map(([term]) => term).join();
  if (list.dataset['terms'] === terms) {
    list.querySelectorAll('dd > bdi').forEach((node, index) => setText(node, facts[index]![1]));
    return;
  }
  list.dataset['terms'] = terms;
  list.replaceChildren(
    ...facts.flatMap(([term, value]) => {
      const swatch = list.classList.contains('counts') ? element('i', { class: `swatch ${term}` }) : null;
      return [element('dt', {}, swatch, term), element('dd', {}, foreign(value))];
    }),
  );
}
