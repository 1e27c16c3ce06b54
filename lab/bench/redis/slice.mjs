/** A slice as jobs see it, with a budget that is never spent: benchmarks call `recruited` themselves. */
export const slice = { jobId: 'bench', signal: new AbortController().signal, timeRemaining: () => 50 };
