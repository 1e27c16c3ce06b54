/** The configuration is invalid. The message lists all problems, with the value and the place of each. */
export class WorkStealingConfigError extends Error {
  override readonly name = 'WorkStealingConfigError';

  constructor(
    message: string,
    /** All problems, one sentence or paragraph each. */
    readonly problems: readonly string[] = [message],
  ) {
    super(message);
  }
}

/**
 * @param what - the invalid object in the error message: `Recruiter "films"`.
 * @throws WorkStealingConfigError that lists the problems, if there are any.
 */
export function refuse(what: string, problems: readonly string[]): void {
  if (problems.length > 0) throw refusal(what, problems);
}

/** Returns the error that lists problems. */
export function refusal(what: string, problems: readonly string[]): WorkStealingConfigError {
  return new WorkStealingConfigError(`${what}: ${problems.join('; ')}`, problems);
}
