import type { ServerResponse } from 'node:http';
import type { Observable } from 'rxjs';
import { systemClock, type Clock } from '../time/clock.js';
import { letGo, letGoLater } from './answers.js';
import type { WatchEvent } from './fleet-watch.js';

/** ms after which a stream ends and the page asks for another: whoever may no longer look sees no more. */
const LONGEST_STREAM = 300_000;
/** ms between two signs of life: proxies cut off a connection on which nothing comes, many after 30 or 60 s. */
const HEARTBEAT = 15_000;
/** ms that a page waits before it asks again. */
const RETRY = 1000;

const HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  // Neither a proxy nor a middleware that compresses may hold events back.
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
};

/**
 * Server-sent events to one viewer, written to the response itself, so that interceptors see nothing of them.
 *
 * For a viewer that does not read, one snapshot and one update are held at most: what changes meanwhile is left out,
 * and when the viewer reads on it gets a snapshot.
 */
export class EventStream {
  /** Whether the viewer has not yet taken what it was sent. */
  #isBehind = false;
  #hasMissed = false;
  #isOver = false;
  #callOffBeat = () => {};
  readonly #undo: (() => void)[] = [() => this.#callOffBeat()];

  constructor(
    private readonly response: ServerResponse,
    /** What a viewer needs that has missed something. */
    private readonly snapshot: () => WatchEvent,
    private readonly clock: Required<Clock> = systemClock,
  ) {}

  /** Sends `first`, and then what comes, until the viewer leaves, the events end, or the time is over. */
  start(first: string, events: Observable<WatchEvent>): void {
    const { response } = this;
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    // A viewer that has left is no error.
    response.on('error', () => undefined);
    response.on('drain', () => this.#catchUp());
    response.once('close', () => this.#stop());
    response.flushHeaders();
    this.#write(`retry: ${RETRY}\nevent: viewer\ndata: ${first}\n\n`);
    this.#undo.push(this.clock.after(LONGEST_STREAM, () => this.end()));
    this.#beatLater();
    const subscription = events.subscribe({ next: (event) => this.#send(event), complete: () => this.end() });
    this.#undo.push(() => subscription.unsubscribe());
  }

  /** Ends it; a viewer that does not even take what it was sent is let go of. */
  end(): void {
    if (this.#isOver) return;
    this.#stop();
    if (this.#isBehind) return letGo(this.response);
    this.response.end();
    this.response.once('close', letGoLater(this.response, this.clock));
  }

  #stop(): void {
    this.#isOver = true;
    for (const undo of this.#undo.splice(0)) undo();
  }

  #send({ type, data }: WatchEvent): void {
    if (this.#isBehind) this.#hasMissed = true;
    else this.#write(`event: ${type}\ndata: ${data}\n\n`);
  }

  #catchUp(): void {
    this.#isBehind = false;
    if (!this.#hasMissed || this.#isOver) return;
    this.#hasMissed = false;
    this.#send(this.snapshot());
  }

  /** A comment: the page does not hear it. */
  #beatLater(): void {
    this.#callOffBeat = this.clock.after(HEARTBEAT, () => {
      if (!this.#isBehind) this.#write(':\n\n');
      this.#beatLater();
    });
  }

  #write(text: string): void {
    if (!this.#isOver) this.#isBehind = !this.response.write(text);
  }
}
