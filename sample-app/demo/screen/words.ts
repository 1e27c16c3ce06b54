/** Numbers as a reader wants them: one way for the table, the lines and the summary. */
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

export function count(value: number): string {
  return whole.format(value);
}

export function share(value: number | null): string {
  return value === null ? '-' : `${Math.round(value * 100)} %`;
}

/** @param value - ms, shown as ms. */
export function milliseconds(value: number | null): string {
  return value === null ? '-' : value.toFixed(1);
}

/** @param value - ms, shown as seconds. */
export function seconds(value: number): string {
  return `${(value / 1000).toFixed(1)} s`;
}

/** @param oldestOverdue - ms; 0 if no field is overdue, null if Redis did not say. */
export function overdue(oldestOverdue: number | null): string {
  if (oldestOverdue === null) return 'unknown: Redis does not answer';
  return oldestOverdue === 0 ? 'none' : seconds(oldestOverdue);
}
