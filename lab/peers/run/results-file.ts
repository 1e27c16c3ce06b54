import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import type { RunKey, RunResult } from './result.js';

/** What was measured, and on what. */
export interface Results {
  readonly machine: string;
  readonly node: string;
  readonly redis: string;
  readonly runs: readonly RunResult[];
}

export function readResults(path: string): Results | undefined {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Results) : undefined;
}

/** Adds a run to the file, in place of an earlier one of the same key: so parts can be measured one at a time. */
export function addResult(path: string, result: RunResult, redis: string): void {
  const others = readResults(path)?.runs.filter((each) => keyOf(each) !== keyOf(result)) ?? [];
  const lines = [...others, result].map((each) => `    ${JSON.stringify(each)}`);
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}`;
  const head = { machine, node: process.version, redis };
  mkdirSync(dirname(path), { recursive: true });
  // A line a run: a change of one is a change of one line.
  writeFileSync(
    path,
    `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "runs": [\n${lines.join(',\n')}\n  ]\n}\n`,
  );
}

export function keyOf({ way, instances, trace, round }: RunKey): string {
  return [way, instances, trace, round].join(' ');
}
