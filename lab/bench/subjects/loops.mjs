/* oxlint-disable no-implied-eval -- each subject needs a loop of its own: a shared one would see several classes at its call, and time the look-up. */

import { cpuTime } from './cpu-time.mjs';

/** Times `n` calls of `subject.enlistDetached()`, in a loop that has never seen another class. */
export function callsOf(subject) {
  const loop = new Function('subject', 'n', 'for (let i = 0; i < n; i++) subject.enlistDetached();');
  return (n) => {
    const begun = cpuTime();
    loop(subject, n);
    return cpuTime() - begun;
  };
}

/** Times `n` times `await subject.<method>()`. */
export function awaitsOf(subject, method) {
  const loop = new Function(
    'subject',
    'n',
    `return (async () => { for (let i = 0; i < n; i++) await subject.${method}(); })();`,
  );
  return async (n) => {
    const begun = cpuTime();
    await loop(subject, n);
    return cpuTime() - begun;
  };
}
