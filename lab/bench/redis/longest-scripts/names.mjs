/** `count` names from a place on; each has some 10 characters. */
export function names(count, from = 0) {
  return Array.from({ length: count }, (_, index) => `item:${from + index}`);
}

/** Somewhere else among the first 99,000 each turn. */
export const placeOf = (turn) => (turn * 7919) % 99_000;

export const HOUR = 3_600_000;
