/** A value with a time before it: `<ms since the epoch>:<JSON>`, as scripts of ours write it. */
export interface Stamped {
  readonly at: number;
  readonly value: unknown;
}

/** @throws SyntaxError when it is something else. */
export function readStamped(text: string): Stamped {
  const [, at, json] = /^(\d{1,16}):([^]*)$/.exec(text) ?? [];
  if (at === undefined || json === undefined) throw new SyntaxError('no time before the value');
  return { at: Number(at), value: JSON.parse(json) };
}

/** The same in writing. */
export function stamped(at: number, value: unknown): string {
  return `${at}:${JSON.stringify(value)}`;
}
