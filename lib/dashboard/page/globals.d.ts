import type Plot from 'uplot';

declare global {
  /** Of uplot.js, which the page loads before its own scripts. */
  const uPlot: typeof Plot;
}
