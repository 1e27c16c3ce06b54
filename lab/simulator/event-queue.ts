interface Event {
  readonly at: number;
  readonly order: number;
  action: (() => void) | undefined;
}

/** Simulated time: a binary heap of what is to happen. Exact: see `event-loop.ts` for what a process sees of it. */
export class EventQueue {
  #now = 0;
  #order = 0;
  readonly #heap: Event[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, action: () => void): () => void {
    const event: Event = { at: this.#now + Math.max(0, ms), order: this.#order++, action };
    this.#push(event);
    return () => (event.action = undefined);
  }

  /** Lets time pass until `end`, in ms; what is due at `end` itself is left for later. */
  runUntil(end: number): void {
    for (let next = this.#heap[0]; next !== undefined && next.at < end; next = this.#heap[0]) {
      this.#pop();
      if (next.action === undefined) continue;
      this.#now = Math.max(this.#now, next.at);
      next.action();
    }
    this.#now = end;
  }

  /** Time passes and nothing happens, as in a machine that is stopped: what was due is late. */
  standStill(until: number): void {
    this.#now = until;
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let index = heap.push(event) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(event, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
