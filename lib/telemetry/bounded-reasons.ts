/** Maximum of gates of the application with a reason of their own, for each job: more are names that are made up at run time. */
const MAX_GATES = 20;
/** Prefix of the reasons of these gates. */
const PREFIX = 'gate:';
/** Reason of all further ones. */
export const OTHER_GATES = 'gate:(others)';

/** Returns the reason to export, given those of the same job that were exported before; adds it to them. */
export function boundedReason(reason: string, known: Set<string>): string {
  if (!reason.startsWith(PREFIX) || known.has(reason)) return reason;
  if (known.size >= MAX_GATES) return OTHER_GATES;
  known.add(reason);
  return reason;
}

/** Counts of one job, with those of all gates beyond the maximum added up. The order is that of the first occurrence. */
export function boundedReasons<T extends { readonly reason?: string | undefined; readonly count: number }>(
  counts: readonly T[],
): readonly (Omit<T, 'reason'> & { readonly reason: string | undefined })[] {
  const known = new Set<string>();
  const bounded = counts.map((count) => ({
    ...count,
    reason: count.reason === undefined ? undefined : boundedReason(count.reason, known),
  }));
  const others = bounded.filter(({ reason }) => reason === OTHER_GATES);
  if (others.length < 2) return bounded;
  const sum = others.reduce((total, { count }) => total + count, 0);
  return [...bounded.filter(({ reason }) => reason !== OTHER_GATES), { ...others[0]!, count: sum }];
}
