/** What a worker is told. */
export type Order =
  | { readonly kind: 'clock'; readonly offset: number }
  | { readonly kind: 'block'; readonly ms: number }
  | { readonly kind: 'close' };

/** What a worker tells, a few times a second. */
export interface Report {
  readonly kind: 'report';
  /** Slices that came to an end by themselves, by job. */
  readonly done: Readonly<Record<string, number>>;
  /** Slices that failed or were cut short, by job. */
  readonly failed: Readonly<Record<string, number>>;
  readonly inFlight: number;
  /** Timers, sockets and whatever else keeps the event loop, by type. */
  readonly resources: Readonly<Record<string, number>>;
  /** Listeners on the client of Redis and on the process. */
  readonly listeners: number;
  /** After a collection: bytes. */
  readonly heap: number;
  readonly rss: number;
}

/** What a worker tells once. */
export type Notice =
  { readonly kind: 'ready'; readonly port: number } | { readonly kind: 'unhandled'; readonly what: string };

export type Told = Report | Notice;
