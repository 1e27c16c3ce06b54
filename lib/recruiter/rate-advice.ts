/** What is to be said of a job's rate, from what was measured. */
export interface RateAdvice {
  /** `unknown` where too little was seen to say anything. */
  readonly verdict: 'too-low' | 'right' | 'too-high' | 'unknown';
  /** What the adviser would set: 0 to 1. */
  readonly suggested: number;
  /** Why, in one sentence. */
  readonly reason: string;
}
