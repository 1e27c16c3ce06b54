import type Plot from 'uplot';
import type { AlignedData, Axis, Options, Series } from 'uplot';
import { element, setAttribute } from './dom.js';
import { minute } from './format.js';
import { OUTCOMES, type Bars } from './outcomes.js';

const COMPACT = { width: 150, height: 34 };
const HEIGHT = 180;

/** Slices by outcome over the last minutes, stacked. */
export class OutcomeChart {
  readonly node: HTMLElement;
  #plot: Plot | undefined;
  #data: AlignedData | undefined;
  readonly #resize: ResizeObserver | undefined;

  /** @param isCompact - small, and without axes. */
  constructor(private readonly isCompact: boolean) {
    this.node = element('div', { class: isCompact ? 'chart compact' : 'chart', role: 'img' });
    if (!isCompact) this.#resize = new ResizeObserver(() => this.#fit());
    this.#resize?.observe(this.node);
  }

  /** Says in words what is drawn: a plot that is not on the screen is read out too. */
  describe(bars: Bars, ref: number): void {
    setAttribute(this.node, 'aria-label', inWords(bars.totals(ref)));
  }

  draw(bars: Bars, ref: number): void {
    this.#data = stacked(bars, ref);
    if (this.#plot === undefined) this.#make();
    else this.#plot.setData(this.#data);
  }

  /** Draws anew when it is drawn next: colours have changed, or it is out of sight. */
  clear(): void {
    this.#plot?.destroy();
    this.#plot = undefined;
  }

  #make(): void {
    const size = this.isCompact ? COMPACT : { width: this.node.clientWidth, height: HEIGHT };
    if (size.width === 0 || this.#data === undefined) return;
    this.#plot = new uPlot({ ...size, ...optionsOf(this.isCompact) }, this.#data, this.node);
  }

  #fit(): void {
    const width = this.node.clientWidth;
    if (this.#plot !== undefined && width > 0 && width !== this.#plot.width) {
      this.#plot.setSize({ width, height: HEIGHT });
    }
  }
}

/** The highest stack comes first, so that those below are drawn over it. */
function stacked(bars: Bars, ref: number): AlignedData {
  const sums: number[][] = [];
  let below: readonly number[] = bars.starts.map(() => 0);
  for (const counts of bars.of(ref)) {
    const sum: number[] = counts.map((count, bar) => count + below[bar]!);
    sums.push(sum);
    below = sum;
  }
  return [[...bars.starts], ...sums.toReversed()];
}

function optionsOf(isCompact: boolean): Omit<Options, 'width' | 'height'> {
  const styles = getComputedStyle(document.documentElement);
  const colour = (name: string) => styles.getPropertyValue(name).trim();
  const axis: Axis = {
    stroke: colour('--muted'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line'), width: 1 },
    show: !isCompact,
  };
  const series = OUTCOMES.toReversed().map((outcome): Series => ({
    label: outcome,
    fill: colour(`--${outcome}`),
    width: 0,
    points: { show: false },
    paths: uPlot.paths.bars!({ size: [0.85, 40], align: 1 }),
  }));
  return {
    ...(isCompact ? { padding: [1, 0, 0, 0] } : {}),
    cursor: { show: false },
    legend: { show: false },
    scales: { y: { range: (_plot, _least, most) => [0, Math.max(most, 1)] } },
    axes: [
      { ...axis, values: (_plot, splits) => splits.map(minute), incrs: [60] },
      { ...axis, size: 44 },
    ],
    series: [{}, ...series],
  };
}

function inWords(totals: readonly number[]): string {
  const parts = OUTCOMES.map((outcome, index) => [outcome, totals[index] ?? 0] as const);
  const seen = parts.filter(([, total]) => total > 0).map(([outcome, total]) => `${total} ${outcome}`);
  return `Slices of the last five minutes: ${seen.length === 0 ? 'none' : seen.join(', ')}`;
}
