const COUNT = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const SMALL = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const FEW = new Intl.NumberFormat('en', { maximumSignificantDigits: 2 });
const ONE_PLACE = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const TWO_PLACES = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const TIME = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const DAY_AND_TIME = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'medium',
  timeStyle: 'medium',
});

export function count(value: number): string {
  return COUNT.format(value);
}

/** Three significant digits, with an exponent only for very small numbers. */
export function decimal(value: number): string {
  if (value === 0 || Math.abs(value) >= 1e-6) return SMALL.format(value);
  return value.toExponential(2);
}

/** With a fixed number of digits, so that it does not flicker; below 0.005 only an upper bound. */
export function perSecond(value: number): string {
  if (value >= 100 || value === 0) return COUNT.format(value);
  if (value < 0.005) return '< 0.01';
  return (value < 10 ? TWO_PLACES : ONE_PLACE).format(value);
}

/** A computed rate: two significant digits. */
export function roughly(value: number): string {
  return value === 0 || value >= 1e-6 ? FEW.format(value) : value.toExponential(1);
}

/** A rate that was set: four significant digits. */
export function rate(value: number): string {
  return value === 0 ? '0' : String(Number(value.toPrecision(4)));
}

export function percent(share: number): string {
  return `${COUNT.format(share * 100)} %`;
}

export function milliseconds(value: number): string {
  return `${value < 10 ? FEW.format(value) : COUNT.format(value)} ms`;
}

/** A pair of durations with one unit. */
export function bothMilliseconds(one: number, other: number): string {
  return `${milliseconds(one).replace(' ms', '')} / ${milliseconds(other)}`;
}

/** Hours and minutes of a time in seconds since the epoch. */
export function minute(seconds: number): string {
  return TIME.format(seconds * 1000).slice(0, 5);
}

export function time(iso: string): string {
  const date = new Date(iso);
  // A coordinator of the user's may say anything.
  if (Number.isNaN(date.getTime())) return '–';
  const isToday = date.toDateString() === new Date().toDateString();
  return (isToday ? TIME : DAY_AND_TIME).format(date);
}

const UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
] as const;

/** A duration that was set: in the largest unit of which it is a whole number. */
export function exactSpan(ms: number): string {
  const unit = UNITS.find(([length]) => ms >= length && ms % length === 0);
  if (unit !== undefined) return `${ms / unit[0]} ${unit[1]}`;
  return ms < 60_000 ? `${ms} ms` : span(ms);
}

/** A duration in its two largest units. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
