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

/**
 * @param what - what cannot be as it is, for the reader: `Recruiter "films"`.
 * @throws WorkStealingConfigError that lists the problems, if there are any.
 */
export function refuse(what: string, problems: readonly string[]): void {
  if (problems.length > 0) throw refusal(what, problems);
}

/** The error that lists problems. */
export function refusal(what: string, problems: readonly string[]): WorkStealingConfigError {
  return new WorkStealingConfigError(`${what}: ${problems.join('; ')}`, problems);
}
