/** A count or a measure for a reader: from 100 on a whole number with commas, below it 2 digits. */
export function count(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(2)));
}

/** So many of something. */
export function counted(value: number, what: string): string {
  return `${count(value)} ${what}${value === 1 ? '' : 's'}`;
}

/** A rate as one would type it. */
export function rateText(rate: number): string {
  return String(Number(rate.toPrecision(3)));
}

/** A share for a reader. */
export function percent(share: number): string {
  return `${count(share * 100)} %`;
}

/** A time for a reader: s, or what suits it. */
export function span(seconds: number): string {
  if (seconds < 1) return `${count(seconds * 1000)} ms`;
  if (seconds < 120) return `${count(seconds)} s`;
  if (seconds < 7200) return `${count(seconds / 60)} min`;
  return `${count(seconds / 3600)} h`;
}
