/** Counts the timers that wait, those that keep no process alive as well. Import it before whatever sets some. */
const waiting = new Set<unknown>();
const { setTimeout, setInterval, clearTimeout, clearInterval } = globalThis;

type Callback = (...args: unknown[]) => void;

globalThis.setTimeout = Object.assign(
  (callback: Callback, ms?: number, ...args: unknown[]) => {
    const timer = setTimeout(() => {
      waiting.delete(timer);
      callback(...args);
    }, ms);
    waiting.add(timer);
    return timer;
  },
  // What promisify() finds there, and whatever else there is.
  Object.fromEntries(
    Reflect.ownKeys(setTimeout)
      .filter((key) => typeof key === 'symbol')
      .map((key) => [key, Reflect.get(setTimeout, key) as unknown]),
  ),
) as unknown as typeof setTimeout;

globalThis.setInterval = ((callback: Callback, ms?: number, ...args: unknown[]) => {
  const timer = setInterval(callback, ms, ...args);
  waiting.add(timer);
  return timer;
}) as typeof setInterval;

globalThis.clearTimeout = (timer) => {
  waiting.delete(timer);
  clearTimeout(timer);
};

globalThis.clearInterval = (timer) => {
  waiting.delete(timer);
  clearInterval(timer);
};

export function waitingTimers(): number {
  return waiting.size;
}
