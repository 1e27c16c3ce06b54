import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { Recruiter } from 'nestjs-work-stealing';

const BEGUN = 'tracing:work-stealing:slice:start';
/** From the beginning of a slice, at most: ms. */
const LATEST = 4;

/** Ends this process at once, some time in the middle of a slice. */
export async function dieInMidSlice(recruiter: Recruiter): Promise<never> {
  for (;;) {
    await new Promise<void>((resolve) => {
      const hear = () => {
        unsubscribe(BEGUN, hear);
        resolve();
      };
      subscribe(BEGUN, hear);
    });
    await new Promise((resolve) => setTimeout(resolve, Math.random() * LATEST));
    if (recruiter.inFlight === 0) continue;
    process.kill(process.pid, 'SIGKILL');
    await once(process, 'never');
  }
}
