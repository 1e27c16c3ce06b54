/**
 * The beginning of a string, as a copy. V8 keeps the whole of a string alive of which `slice()` took a part: ten kept
 * messages of an ORM that quotes its parameters would hold megabytes.
 */
export function cut(text: string, longest: number): string {
  if (text.length <= longest) return text;
  // Joined to something else, it is written out again when a part of the whole is taken.
  return ` ${text.slice(0, longest)}`.slice(1);
}

/** The same with an ellipsis in the place of its last character, where something is missing. */
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
