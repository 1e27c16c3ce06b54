import type { Clock } from '../recruiter/clock.js';

/** Settles as `answer` does, or rejects when that takes longer: a client may keep a command for as long as it likes. */
export function answerWithin<T>(answer: Promise<T>, ms: number, clock: Required<Clock>): Promise<T> {
  return new Promise((resolve, reject) => {
    const callOff = clock.after(ms, () => reject(new Error(`Redis did not answer within ${ms} ms`)));
    answer.then(
      (value) => {
        callOff();
        resolve(value);
      },
      (error: unknown) => {
        callOff();
        reject(error);
      },
    );
  });
}
