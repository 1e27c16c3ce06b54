import { WorkStealingConfigError } from '../../options/errors.js';

/**
 * The command that a server does not allow the user of the connection to run, by its error; `''` where it does not say
 * which, undefined for any other error. A permission for keys or channels is another matter.
 */
export function refusalOf(message: string): string | undefined {
  if (!/no permissions? to run|can't run this command/.test(message)) return undefined;
  return /to run the '([^']+)' command/.exec(message)?.[1]?.toUpperCase().replace('|', ' ') ?? '';
}

/** The command that a server does not know, by its error: renamed, or of a later release; undefined for any other error. */
export function unknownCommandOf(message: string): string | undefined {
  return /^(?:ERR )?unknown command ['`]?(\w+)/i.exec(message)?.[1]?.toUpperCase();
}

/** The error of a command that may not be run, as one that says what to do; any other error as it is. */
export function explainedRefusal(error: unknown, script?: { name: string; text: string }): unknown {
  if (!(error instanceof Error) || error.name !== 'ReplyError') return error;
  const unknown = unknownCommandOf(error.message);
  if (unknown !== undefined)
    return refusal(`This server of Redis has no command ${unknown}, or another name for it`, error);
  const named = refusalOf(error.message);
  if (named === undefined) return error;
  const command = named === '' && script !== undefined ? commandAt(error.message, script.text) : named;
  const what = `The user of this connection to Redis may not run ${command === '' ? 'a command' : command}`;
  const why = script === undefined ? '' : `, which the script "${script.name}" needs`;
  return refusal(`${what}${why}. ${howToAllow([command])}`, error);
}

function refusal(message: string, cause: Error): WorkStealingConfigError {
  const error = new WorkStealingConfigError(message);
  error.cause = cause;
  return error;
}

/** What an operator has to do about it. */
export function howToAllow(commands: readonly string[]): string {
  const rules = commands
    .filter((name) => name !== '')
    .map((name) => `+${name.toLowerCase().replace(' ', '|')}`);
  return `Allow it${rules.length === 0 ? '' : `: ACL SETUSER <user> ${rules.join(' ')}`}; docs/redis/permissions.md lists what each structure needs`;
}

/** Redis 7.0 tells the line of the script only. */
function commandAt(message: string, text: string): string {
  const line = Number(/user_script:(\d+)/.exec(message)?.[1]);
  if (!Number.isSafeInteger(line)) return '';
  const upTo = text.split('\n').slice(0, line).join('\n');
  const calls = [...upTo.matchAll(/redis\.p?call\(\s*'([A-Z]+)'/g)];
  return calls.at(-1)?.[1] ?? '';
}
