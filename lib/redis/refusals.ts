import { WorkStealingConfigError } from '../recruiter/errors.js';

/**
 * The command that a server does not allow the user of the connection to run, by its error; `''` where it does not say
 * which, undefined for any other error. A permission for keys or channels is another matter.
 */
export function refusalOf(message: string): string | undefined {
  if (!/no permissions? to run|can't run this command/.test(message)) return undefined;
  return /to run the '([^']+)' command/.exec(message)?.[1]?.toUpperCase().replace('|', ' ') ?? '';
}

/** The error of a command that may not be run, as one that says what to do; any other error as it is. */
export function explainedRefusal(error: unknown, script?: { name: string; text: string }): unknown {
  if (!(error instanceof Error) || error.name !== 'ReplyError') return error;
  const named = refusalOf(error.message);
  if (named === undefined) return error;
  const command = named === '' && script !== undefined ? commandAt(error.message, script.text) : named;
  const refusal = new WorkStealingConfigError(
    `The user of this connection to Redis may not run ${command === '' ? 'a command' : command}` +
      `${script === undefined ? '' : `, which the script "${script.name}" needs`}. ${howToAllow([command])}`,
  );
  refusal.cause = error;
  return refusal;
}

/** What an operator has to do about it. */
export function howToAllow(commands: readonly string[]): string {
  const rules = commands
    .filter((name) => name !== '')
    .map((name) => `+${name.toLowerCase().replace(' ', '|')}`);
  return `Allow it${rules.length === 0 ? '' : `: ACL SETUSER <user> ${rules.join(' ')}`}; docs/redis.md lists what each structure needs`;
}

/** Redis 7.0 tells the line of the script only. */
function commandAt(message: string, text: string): string {
  const line = Number(/user_script:(\d+)/.exec(message)?.[1]);
  if (!Number.isSafeInteger(line)) return '';
  const upTo = text.split('\n').slice(0, line).join('\n');
  const calls = [...upTo.matchAll(/redis\.p?call\(\s*'([A-Z]+)'/g)];
  return calls.at(-1)?.[1] ?? '';
}
