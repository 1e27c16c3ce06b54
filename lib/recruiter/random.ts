/** A source of chance. Injected wherever a decision is drawn, so that tests can be exact. */
export interface Random {
  /** A number drawn uniformly from [0, 1). */
  next(): number;
}

/** The default source: `Math.random`. */
export const systemRandom: Random = { next: Math.random };
