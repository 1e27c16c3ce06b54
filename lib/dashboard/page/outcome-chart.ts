import type Plot from 'uplot';
import type { AlignedData, Axis, Options, Series } from 'uplot';
import { element, setAttribute } from './dom.js';
import { minute } from './format.js';
import { OUTCOMES, type Bars } from './outcomes.js';

const HEIGHT = 170;
const COMPACT_HEIGHT = 36;

/** Slices by outcome over the last minutes, stacked. */
export class OutcomeChart {
  readonly node: HTMLElement;
  #plot: Plot | undefined;
  #data: AlignedData | undefined;
  readonly #resize = new ResizeObserver(() => this.#fit());

  /** @param isCompact - small, and without axes. */
  constructor(private readonly isCompact: boolean) {
    this.node = element('div', { class: isCompact ? 'chart compact' : 'chart', role: 'img' });
    this.#resize.observe(this.node);
  }

  /** Describes the plot in words for screen readers, even if it is not on the screen. */
  describe(bars: Bars, ref: number): void {
    setAttribute(this.node, 'aria-label', inWords(bars.totals(ref)));
  }

  draw(bars: Bars, ref: number): void {
    this.#data = stacked(bars, ref);
    if (this.#plot === undefined) this.#make();
    else this.#plot.setData(this.#data);
  }

  /** Removes the plot; the next `draw` creates it again. */
  clear(): void {
    this.#plot?.destroy();
    this.#plot = undefined;
  }

  #make(): void {
    const width = this.node.clientWidth;
    if (width === 0 || this.#data === undefined) return;
    const options = { width, height: this.#height, ...optionsOf(this.isCompact) };
    this.#plot = new uPlot(options, this.#data, this.node);
  }

  #fit(): void {
    const width = this.node.clientWidth;
    if (this.#plot !== undefined && width > 0 && width !== this.#plot.width) {
      this.#plot.setSize({ width, height: this.#height });
    }
  }

  get #height(): number {
    return this.isCompact ? COMPACT_HEIGHT : HEIGHT;
  }
}

/** The highest stack is first, so that lower ones are drawn over it. */
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

type Colour = (name: string) => string;

function optionsOf(isCompact: boolean): Omit<Options, 'width' | 'height'> {
  const styles = getComputedStyle(document.documentElement);
  const colour: Colour = (name) => styles.getPropertyValue(name).trim();
  const series = OUTCOMES.toReversed().map((outcome): Series => ({
    label: outcome,
    fill: colour(`--${outcome}`),
    width: 0,
    points: { show: false },
    paths: uPlot.paths.bars!({ size: [0.85, 40], align: 1 }),
  }));
  return {
    padding: isCompact ? [1, 0, 0, 0] : [8, 12, 0, 0],
    cursor: { show: false },
    legend: { show: false },
    scales: { y: { range: (plot, _min, max) => [0, isCompact ? compactTop(plot, max) : Math.max(max, 1)] } },
    axes: isCompact ? [{ show: false }, { show: false }] : axesIn(colour),
    series: [{}, ...series],
  };
}

/** Share of the height of a small plot that slices that ran may take, where others were held back. */
const RAN_SHARE = 0.8;
/** Index of the series that ends below `gated`, the highest of the stack. */
const RAN = 2;

/** Slices that ran set the scale of a small plot: those that were held back are often a hundred times as many. */
function compactTop({ data }: Partial<Plot>, max: number): number {
  // uPlot also asks before it has any data.
  const ran = Math.max(0, ...((data?.[RAN] ?? []) as number[]));
  return ran === 0 ? Math.max(max, 1) : Math.max(1, Math.min(max, ran / RAN_SHARE));
}

function axesIn(colour: Colour): Axis[] {
  const axis: Axis = {
    stroke: colour('--muted'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  };
  const minutes = (_plot: Plot, splits: number[]) => splits.map(minute);
  return [
    { ...axis, grid: { show: false }, values: minutes, incrs: [60], size: 26 },
    { ...axis, size: 40, space: 36 },
  ];
}

function inWords(totals: readonly number[]): string {
  const parts = OUTCOMES.map((outcome, index) => [outcome, totals[index] ?? 0] as const);
  const present = parts.filter(([, total]) => total > 0).map(([outcome, total]) => `${total} ${outcome}`);
  return `Slices of the last five minutes: ${present.length === 0 ? 'none' : present.join(', ')}`;
}
