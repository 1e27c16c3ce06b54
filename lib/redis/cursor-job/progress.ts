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

/** What the states are looked at with. */
interface Circumstances {
  /** As many as the pass was begun with: states beyond are of an earlier pass, and only their items set aside count. */
  readonly partitions: number;
  readonly maxDead: number;
  readonly total: number | undefined;
  /** By the server's clock: ms. */
  readonly now: number;
}

/** Sums up the states of all partitions. */
export function progressOf(
  all: readonly State[],
  { partitions, maxDead, total, now }: Circumstances,
): CursorProgress {
  const states = all.slice(0, partitions);
  const sum = (name: string) => states.reduce((sofar, state) => sofar + number(state, name), 0);
  const done = sum('done');
  const ended = states.every((state) => state.has('ended'));
  const rate = states.reduce((sofar, state) => sofar + rateOf(state, now), 0);
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
    dead: all.reduce((sofar, state) => sofar + number(state, 'dead'), 0),
    ended,
    errors: states.flatMap((state, partition) => {
      const dead = number(state, 'dead');
      const isStopped = dead >= maxDead && !state.has('ended');
      const message = isStopped ? stoppedMessage(dead) : (state.get('error') ?? '');
      return message === '' ? [] : [{ partition, message }];
    }),
  };
}

function stoppedMessage(dead: number): string {
  return `Stopped with ${dead} items set aside: look at dead(), mend the cause, and call forgetDead()`;
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
