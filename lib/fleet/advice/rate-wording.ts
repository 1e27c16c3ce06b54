/** Formats a number: from 100 a whole number with commas, below with two significant digits. */
export function count(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(2)));
}

/** A number with a noun in the singular or plural. */
export function counted(value: number, what: string): string {
  return `${count(value)} ${what}${value === 1 ? '' : 's'}`;
}

/** Formats a rate with three significant digits. */
export function rateText(rate: number): string {
  return String(Number(rate.toPrecision(3)));
}

/** Formats a share as a percentage. */
export function percent(share: number): string {
  return `${count(share * 100)} %`;
}

/** Formats a duration in the unit that suits it. */
export function span(seconds: number): string {
  if (seconds < 1) return `${count(seconds * 1000)} ms`;
  if (seconds < 120) return `${count(seconds)} s`;
  if (seconds < 7200) return `${count(seconds / 60)} min`;
  return `${count(seconds / 3600)} h`;
}
