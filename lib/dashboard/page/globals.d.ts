import type Plot from 'uplot';

declare global {
  /** Global of uplot.js, which the page loads before its own scripts. */
  const uPlot: typeof Plot;
}
