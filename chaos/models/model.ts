/** One structure, and what is known of it from outside: written and read all the time, and held against each other. */
export interface Model {
  readonly name: string;
  /** One round of writes and reads. May fail while Redis does: what it then cannot know, it must not hold. */
  step(): Promise<void>;
  /** Redis has lost its data. */
  forget(): void;
  /** After the last fault: waits until all is as it has to be, or says what is not. */
  settle(patience: number): Promise<void>;
}

/** Something is not as it has to be. */
export class Violation extends Error {}

export async function until(
  isSo: () => Promise<boolean>,
  patience: number,
  otherwise: () => string,
): Promise<void> {
  const deadline = performance.now() + patience;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Violation(otherwise());
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
