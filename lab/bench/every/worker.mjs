/**
 * One process of a fleet of jobs with `every`. What its slices do is written to a journal beside the coordinator, on the
 * same connection: in its order, with the time of the server.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Recruiter } from 'nestjs-work-stealing';
import { RedisCoordinator } from 'nestjs-work-stealing/redis';
import { defineJournal } from './journal.mjs';

const { url, worker, jobs, slices, io } = JSON.parse(process.argv[2]);
const redis = defineJournal(new Redis(url));
await redis.ping();

const note = (entry) => redis.note('journal', JSON.stringify({ worker, ...entry }));

/** The coordinator, and a note of what was asked and answered. A question whose answer is lost stays open in the journal. */
function noted(coordinator) {
  const { period, fleetSize } = coordinator;
  /** Due times by token. */
  const dues = new Map();
  return {
    fleetSize,
    period: {
      async claim(job, ...rest) {
        void note({ what: 'asked', job: job.jobId });
        const answer = await period.claim(job, ...rest);
        if ('token' in answer) dues.set(answer.token, answer.dueAt.getTime());
        else void note({ what: 'refused', job: job.jobId });
        return answer;
      },
      async report(job, token, what, ...rest) {
        const answer = await period.report(job, token, what, ...rest);
        void note({ what: 'acknowledged', job: job.jobId, token, due: dues.get(token), report: what });
        dues.delete(token);
        return answer;
      },
      renew: (...args) => period.renew(...args),
    },
  };
}

/** The slices of a pass are counted beside the coordinator too, so that the process which goes on knows how many are left. */
async function recruited({ jobId: job, pass, fencingToken: token }) {
  const due = pass.dueAt.getTime();
  const progress = `progress:${job}:${due}`;
  const [, index] = await Promise.all([
    note({ what: 'began', job, due, token, isFirst: pass.isFirst }),
    redis.get(progress).then(Number),
  ]);
  await sleep(io);
  await Promise.all([
    redis.set(progress, index + 1, 'EX', 600),
    note({ what: 'ended', job, due, token, index }),
  ]);
  return { done: 1, more: index + 1 < slices };
}

// Each job has a recruiter of its own, so that none waits for the duty cycle of the others.
for (const { id, every } of jobs) {
  const recruiter = new Recruiter(id);
  recruiter.useCoordinator(noted(new RedisCoordinator(redis)));
  recruiter.on(
    'error',
    ({ where, error }) => void note({ what: 'error', job: id, where, message: error.message }),
  );
  recruiter.install({ recruited }, id, { every });
  recruiter.open();
}
// A benchmark that was interrupted leaves nothing behind.
process.on('disconnect', () => process.exit());
process.send('ready');
