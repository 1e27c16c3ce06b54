import { CHORES, type ChoreName, type Run } from '../instance/messages.js';
import { FILMS } from '../plan/world.js';
import type { RunResult } from './result.js';

/** Runs of each chore and those that found nothing. Looks at a backfill that is complete are nobody's fault: left out. */
export function tally(runs: readonly Run[], end: number): RunResult['runs'] {
  const backfilled = runs.findLast(({ chore, done }) => chore === 'backfill' && done > 0)?.at ?? end;
  const isComplete = filmsDone(runs) >= FILMS;
  const counted = runs.filter(
    ({ chore, at }) => at <= end && (chore !== 'backfill' || !isComplete || at <= backfilled),
  );
  const of = (name: ChoreName) => {
    const own = counted.filter(({ chore }) => chore === name);
    return { all: own.length, idle: own.filter(({ done }) => done === 0).length };
  };
  return { expire: of('expire'), fold: of('fold'), backfill: of('backfill') };
}

export function filmsDone(runs: readonly Run[]): number {
  return runs.filter(({ chore }) => chore === 'backfill').reduce((sum, { done }) => sum + done, 0);
}

/** How long after `killedAt` it was until any chore did something, and until both that never end had: ms. */
export function gapAfter(runs: readonly Run[], killedAt: number, end: number): { any: number; each: number } {
  const first = (name: ChoreName) =>
    runs.find(({ chore, at, done }) => chore === name && at > killedAt && done > 0)?.at ?? end;
  const firsts = CHORES.map(first);
  return {
    any: Math.min(...firsts) - killedAt,
    each: Math.max(first('expire'), first('fold')) - killedAt,
  };
}

export function inOrder(runs: readonly Run[]): Run[] {
  return runs.toSorted((a, b) => a.at - b.at);
}
