import { element } from './dom.js';
import { OutcomeChart } from './outcome-chart.js';
import { ALL_JOBS, BAR, MEANINGS, OUTCOMES, type Bars } from './outcomes.js';

/** Slices of all jobs in the last five minutes. */
export class Overview {
  readonly node: HTMLElement;
  readonly #chart = new OutcomeChart(false);
  #bars: Bars | undefined;

  constructor() {
    const title = element('h2', {}, 'Slices of all jobs');
    const note = element('p', { class: 'note' }, `${BAR}-second buckets, last 5 minutes`);
    const head = element('div', { class: 'head' }, title, note);
    this.node = element('section', { class: 'panel overview' }, head, this.#chart.node, legend());
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#repaint());
  }

  update(bars: Bars): void {
    this.#bars = bars;
    this.#chart.describe(bars, ALL_JOBS);
    this.#chart.draw(bars, ALL_JOBS);
  }

  #repaint(): void {
    this.#chart.clear();
    if (this.#bars !== undefined) this.update(this.#bars);
  }
}

/** The legend of the plots' colours. */
function legend(): HTMLElement {
  const items = OUTCOMES.map((outcome) =>
    element(
      'li',
      {},
      element('i', { class: `swatch ${outcome}` }),
      element('strong', {}, outcome),
      ` ${MEANINGS[outcome]}`,
    ),
  );
  return element('ul', { class: 'legend', attributes: { 'aria-label': 'Outcomes of slices' } }, ...items);
}
