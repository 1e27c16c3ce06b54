/**
 * Returns a copy of the beginning of a string. A `slice()` in V8 keeps the whole string alive: ten kept messages of an ORM
 * that quotes its parameters would hold megabytes.
 */
export function cut(text: string, longest: number): string {
  if (text.length <= longest) return text;
  // A slice of a concatenation is a copy.
  return ` ${text.slice(0, longest)}`.slice(1);
}

/** Cuts a string to a maximum length, with an ellipsis as its last character if it was longer. */
export function shortened(text: string, longest: number): string {
  return text.length <= longest ? text : `${cut(text, longest - 1)}…`;
}

/**
 * Whether a string was cut inside a character, such as an emoji: UTF-8 writes each half as the same replacement
 * character, so two different strings would be stored as one.
 */
export function hasHalfAPair(value: string): boolean {
  return /\p{Surrogate}/u.test(value);
}
