/**
 * Sends requests when they are due, whatever has become of those before: only so does latency mean something. (A client
 * that waits for its answer sends less to a slow server, and never sees the queue that it would have stood in.)
 *
 * @param {readonly number[]} arrivals when each is due: ms from now, ascending
 * @param {(index: number) => void} send
 * @param {{ isSpinning?: boolean }} [options] spinning takes a core for itself and is exact; otherwise a timer is, to 1 ms
 * @returns {Promise<void>} when the last has been sent
 */
export function openLoop(arrivals, send, { isSpinning = false } = {}) {
  const begun = performance.now();
  let next = 0;
  return new Promise((resolve) => {
    const tick = () => {
      const now = performance.now() - begun;
      while (next < arrivals.length && arrivals[next] <= now) send(next++);
      if (next === arrivals.length) resolve();
      else if (isSpinning) setImmediate(tick);
      else setTimeout(tick, arrivals[next] - now);
    };
    tick();
  });
}

/**
 * Arrivals of a Poisson process.
 *
 * @param {() => number} random uniform in [0, 1)
 * @param {number} length ms
 * @param {(ms: number) => number} rate requests a second at that time
 * @param {number} peak the most that `rate` ever says
 * @returns {number[]} ms, ascending
 */
export function poisson(random, length, rate, peak) {
  const arrivals = [];
  for (let at = 0; ;) {
    at -= (Math.log(1 - random()) / peak) * 1000;
    if (at >= length) return arrivals;
    // Thinning: exact for a rate that changes.
    if (random() * peak < rate(at)) arrivals.push(at);
  }
}
