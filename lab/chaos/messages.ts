/** What a worker is told. */
export type Order =
  | { readonly kind: 'clock'; readonly offset: number }
  | { readonly kind: 'block'; readonly ms: number }
  | { readonly kind: 'die' }
  | { readonly kind: 'close' };

/** What a worker tells, a few times a second. */
export interface Report {
  readonly kind: 'report';
  /** Slices that came to an end by themselves, by job. */
  readonly done: Readonly<Record<string, number>>;
  /** Declared rates, by job. */
  readonly rates: Readonly<Record<string, number>>;
  readonly enlistments: number;
  readonly inFlight: number;
  /** Jobs whose slices were cut short before they had settled: of late. */
  readonly unsettled: readonly string[];
  /** Timers, sockets, listeners and whatever else it has to let go of, by kind. */
  readonly held: Readonly<Record<string, number>>;
  /** After a collection, where there is one: bytes. */
  readonly heap: number;
  readonly rss: number;
}

/** A slice of the job with a lease, by the clock that all processes share: ms. */
export interface Held {
  readonly kind: 'held';
  readonly from: number;
  readonly to: number;
}

/** A slice of the job with a pace, by the same clock: ms. */
export interface Paced {
  readonly kind: 'paced';
  readonly at: number;
}

/** What a worker tells when it happens. */
export type Notice =
  | Held
  | Paced
  | { readonly kind: 'ready'; readonly port: number }
  | { readonly kind: 'unhandled'; readonly what: string };

export type Told = Report | Notice;
