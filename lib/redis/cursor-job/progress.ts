/** How far a {@link CursorJob} is, over all its partitions. */
export interface CursorProgress {
  /** Items of this sweep that are done, those set aside included. */
  readonly done: number;
  /** Of those, how many `process` says that it has changed. */
  readonly changed: number;
  /** Items of a whole sweep, where the job knows: see `CursorJob.total`. */
  readonly total: number | undefined;
  /** Items a second, over the last half minute to minute; since the start, in the first one. */
  readonly rate: number;
  /** When this sweep began; undefined before the first slice. */
  readonly startedAt: Date | undefined;
  /** When this sweep will end at this rate; undefined where the total or the rate is not known, or when it has ended. */
  readonly eta: Date | undefined;
  /** Sweeps that all partitions have completed. */
  readonly sweeps: number;
  /** Items set aside. */
  readonly dead: number;
  /** Whether every partition is at the end of its data. */
  readonly ended: boolean;
  /** Why attempts fail now, by partition; empty when all is well. */
  readonly errors: readonly { readonly partition: number; readonly message: string }[];
}

type State = ReadonlyMap<string, string>;

/**
 * Sums up the states of all partitions.
 *
 * @param now - by the server's clock: ms.
 */
export function progressOf(states: readonly State[], total: number | undefined, now: number): CursorProgress {
  const sum = (name: string) => states.reduce((all, state) => all + number(state, name), 0);
  const done = sum('done');
  const ended = states.every((state) => state.has('ended'));
  const rate = states.reduce((all, state) => all + rateOf(state, now), 0);
  const left = total === undefined || ended || rate === 0 ? undefined : Math.max(0, total - done) / rate;
  const started = states.filter((state) => state.has('startedAt')).map((state) => number(state, 'startedAt'));
  return {
    done,
    changed: sum('changed'),
    total,
    rate,
    startedAt: started.length === 0 ? undefined : new Date(Math.min(...started)),
    eta: left === undefined ? undefined : new Date(now + left * 1000),
    sweeps: Math.min(...states.map((state) => number(state, 'sweeps'))),
    dead: sum('dead'),
    ended,
    errors: states.flatMap((state, partition) => {
      const message = state.get('error') ?? '';
      return message === '' ? [] : [{ partition, message }];
    }),
  };
}

function rateOf(state: State, now: number): number {
  if (state.has('ended')) return 0;
  const isYoung = !state.has('earlierAt');
  const since = number(state, isYoung ? 'startedAt' : 'earlierAt');
  const before = isYoung ? 0 : number(state, 'earlierDone');
  return ((number(state, 'done') - before) / Math.max(1, now - since)) * 1000;
}

function number(state: State, name: string): number {
  return Number(state.get(name) ?? 0);
}
