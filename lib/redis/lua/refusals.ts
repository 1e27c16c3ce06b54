import { WorkStealingConfigError } from '../../options/errors.js';

/**
 * Returns the command that an error of the server forbids to the user of the connection; `''` if the error does not name
 * it, undefined for any other error. Missing permissions for keys or channels are other errors.
 */
export function refusalOf(message: string): string | undefined {
  if (!/no permissions? to run|can't run this command/.test(message)) return undefined;
  return /to run the '([^']+)' command/.exec(message)?.[1]?.toUpperCase().replace('|', ' ') ?? '';
}

/** Returns the command that is unknown to the server, since renamed or of a later release; undefined for other errors. */
export function unknownCommandOf(message: string): string | undefined {
  return /^(?:ERR )?unknown command ['`]?(\w+)/i.exec(message)?.[1]?.toUpperCase();
}

/** Converts the error of a forbidden or unknown command to one with a remedy; returns any other error unchanged. */
export function explainedRefusal(error: unknown, script?: { name: string; text: string }): unknown {
  if (!(error instanceof Error) || error.name !== 'ReplyError') return error;
  const unknown = unknownCommandOf(error.message);
  if (unknown !== undefined)
    return refusal(`This Redis server has no command ${unknown}, or has renamed it`, error);
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

/** The remedy for forbidden commands, as a sentence for an operator. */
export function howToAllow(commands: readonly string[]): string {
  const rules = commands
    .filter((name) => name !== '')
    .map((name) => `+${name.toLowerCase().replace(' ', '|')}`);
  return `Allow it${rules.length === 0 ? '' : `: ACL SETUSER <user> ${rules.join(' ')}`}; docs/redis/permissions.md lists what each structure needs`;
}

/** The command at the line of a script that an error names: Redis 7.0 names only the line. */
function commandAt(message: string, text: string): string {
  const line = Number(/user_script:(\d+)/.exec(message)?.[1]);
  if (!Number.isSafeInteger(line)) return '';
  const upTo = text.split('\n').slice(0, line).join('\n');
  const calls = [...upTo.matchAll(/redis\.p?call\(\s*'([A-Z]+)'/g)];
  return calls.at(-1)?.[1] ?? '';
}
