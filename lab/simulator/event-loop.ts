import type { Clock } from '../../lib/time/clock.js';
import { nodeTimerDelay } from '../../lib/testing/node-timer.js';
import type { Chance } from './chance.js';
import type { EventQueue } from './event-queue.js';

/** The share of its time at which requests no longer wait for longer: the tail of an endless queue is nobody's service. */
const FULL = 0.95;

/**
 * The event loop of one process. Timers come early as Node's do; timers and answers of Redis come late by what waits
 * in the queue of requests when they are due (M/M/1: nobody waits with probability 1 - utilization).
 */
export class EventLoop implements Required<Clock> {
  constructor(
    private readonly queue: EventQueue,
    private readonly chance: Chance,
    /** Share of its time that the loop spends on requests, and how long one takes on average: ms. */
    private readonly requests: () => { readonly utilization: number; readonly loop: number },
  ) {}

  now(): number {
    return this.queue.now();
  }

  timestamp(): number {
    return this.queue.now();
  }

  after(ms: number, action: () => void): () => void {
    return this.answer(nodeTimerDelay(ms, this.chance), action);
  }

  /** Calls `action` when what arrives in `ms` has its turn, as the answer of a socket; returns a function that calls it off. */
  answer(ms: number, action: () => void): () => void {
    let callOff = this.queue.after(ms, () => {
      const late = this.#lateness();
      if (late === 0) action();
      else callOff = this.queue.after(late, action);
    });
    return () => callOff();
  }

  #lateness(): number {
    const { utilization, loop } = this.requests();
    if (this.chance.next() >= utilization) return 0;
    return this.chance.exponential(loop / (1 - Math.min(FULL, utilization)));
  }
}
