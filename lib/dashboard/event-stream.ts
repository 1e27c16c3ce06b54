import type { ServerResponse } from 'node:http';
import type { Observable } from 'rxjs';
import { systemClock, type Clock } from '../time/clock.js';
import type { MonitorEvent } from './fleet-monitor.js';
import { destroyLater, destroyResponse } from './open-responses.js';

/** Lifetime of a stream. The page then requests another, for which `authorize` is called again. */
const MAX_STREAM_MS = 300_000;
/** Interval of comments that keep the connection alive: many proxies close an idle one after 30 or 60 s. */
const HEARTBEAT_MS = 15_000;
/** How long a page waits before it reconnects. */
const RETRY_MS = 1000;

const HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  // Keeps proxies and compressing middleware from buffering events.
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
};

/**
 * Sends server-sent events to one viewer. Writes to Node's response directly, so that interceptors do not affect them.
 *
 * For a viewer that does not read, at most one snapshot and one update are buffered: later updates are dropped, and when
 * the viewer reads again it gets a snapshot.
 */
export class EventStream {
  /** Whether the viewer has not yet read all that was written. */
  #isBehind = false;
  #hasDropped = false;
  #isOver = false;
  #cancelHeartbeat = () => {};
  readonly #undo: (() => void)[] = [() => this.#cancelHeartbeat()];

  constructor(
    private readonly response: ServerResponse,
    /** Returns the event for a viewer that has missed updates. */
    private readonly snapshot: () => MonitorEvent,
    private readonly clock: Required<Clock> = systemClock,
  ) {}

  /** Sends `first`, followed by the events, until the viewer leaves, the events end, or the stream's lifetime is over. */
  start(first: string, events: Observable<MonitorEvent>): void {
    const { response } = this;
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    // A viewer that has left is not an error.
    response.on('error', () => undefined);
    response.on('drain', () => this.#catchUp());
    response.once('close', () => this.#stop());
    response.flushHeaders();
    this.#write(`retry: ${RETRY_MS}\nevent: viewer\ndata: ${first}\n\n`);
    this.#undo.push(this.clock.after(MAX_STREAM_MS, () => this.end()));
    this.#scheduleHeartbeat();
    const subscription = events.subscribe({ next: (event) => this.#send(event), complete: () => this.end() });
    this.#undo.push(() => subscription.unsubscribe());
  }

  /** Ends the stream; the connection of a viewer that does not read is destroyed. */
  end(): void {
    if (this.#isOver) return;
    this.#stop();
    if (this.#isBehind) return destroyResponse(this.response);
    this.response.end();
    this.response.once('close', destroyLater(this.response, this.clock));
  }

  #stop(): void {
    this.#isOver = true;
    for (const undo of this.#undo.splice(0)) undo();
  }

  #send({ type, data }: MonitorEvent): void {
    if (this.#isBehind) this.#hasDropped = true;
    else this.#write(`event: ${type}\ndata: ${data}\n\n`);
  }

  #catchUp(): void {
    this.#isBehind = false;
    if (!this.#hasDropped || this.#isOver) return;
    this.#hasDropped = false;
    this.#send(this.snapshot());
  }

  /** Sends a comment, which the page ignores, at every interval. */
  #scheduleHeartbeat(): void {
    this.#cancelHeartbeat = this.clock.after(HEARTBEAT_MS, () => {
      if (!this.#isBehind) this.#write(':\n\n');
      this.#scheduleHeartbeat();
    });
  }

  #write(chunk: string): void {
    if (!this.#isOver) this.#isBehind = !this.response.write(chunk);
  }
}
