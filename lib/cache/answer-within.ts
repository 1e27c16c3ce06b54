import type { Clock } from '../recruiter/clock.js';

/** Settles as `answer` does, or rejects when that takes longer: a client may keep a command for as long as it likes. */
export async function answerWithin<T>(answer: Promise<T>, ms: number, clock: Required<Clock>): Promise<T> {
  let callOff: () => void = () => undefined;
  const late = new Promise<never>((_resolve, reject) => {
    callOff = clock.after(ms, () => reject(new Error(`Redis did not answer within ${ms} ms`)));
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    callOff();
  }
}
