/** Something in the configuration is wrong. The message lists every problem found, with the value and the place. */
export class WorkStealingConfigError extends Error {
  override readonly name = 'WorkStealingConfigError';

  constructor(
    message: string,
    /** Each problem by itself, one sentence or paragraph each. */
    readonly problems: readonly string[] = [message],
  ) {
    super(message);
  }
}
