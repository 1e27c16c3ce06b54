import { describe, expect, it } from '@jest/globals';
import { AsyncLocalStorage } from 'node:async_hooks';
import type { RecruiterError } from '../events.js';
import type { Job } from '../job.js';
import { Recruiter } from '../recruiter.js';

const recruiterOf = (job: Partial<Record<keyof Job, unknown>>) => {
  const recruiter = new Recruiter();
  recruiter.install({ recruited: () => undefined, ...job } as Job, 'sweep', 0.1);
  const errors: RecruiterError[] = [];
  recruiter.on('error', (error) => void errors.push(error));
  return { recruiter, errors };
};

describe('Recruiter.survey', () => {
  it('says what the job says, sync or not', async () => {
    const progress = { done: 3, total: 10 };
    const { recruiter } = recruiterOf({ backlog: () => 7, progress: () => Promise.resolve(progress) });
    expect(await recruiter.survey('sweep')).toEqual({ backlog: 7, progress });
  });

  it('says nothing of a job that cannot tell, or does not know now', async () => {
    expect(await recruiterOf({}).recruiter.survey('sweep')).toEqual({});
    const { recruiter, errors } = recruiterOf({ backlog: () => null, progress: () => undefined });
    expect(await recruiter.survey('sweep')).toEqual({});
    expect(errors).toEqual([]);
  });

  it('leaves properties alone that are called so and are no methods', async () => {
    const { recruiter, errors } = recruiterOf({ backlog: [1, 2], progress: 0.5 });
    expect(await recruiter.survey('sweep')).toEqual({});
    expect(errors).toEqual([]);
  });

  it.each([
    ['backlog', Number.NaN, /backlog\(\) returned NaN; expected a number of items/],
    ['backlog', -1, /backlog\(\) returned -1/],
    ['backlog', '7', /backlog\(\) returned '7'/],
    ['progress', { done: 'much' }, /progress\(\) returned .*; expected \{ done, total, … \}/],
    ['progress', { done: 1, total: Infinity }, /progress\(\) returned/],
    ['progress', 0.5, /progress\(\) returned 0.5/],
  ] as const)('makes an error of a %s of %p', async (question, value, message) => {
    const { recruiter, errors } = recruiterOf({ [question]: () => value });
    expect(await recruiter.survey('sweep')).toEqual({});
    expect(errors).toHaveLength(1);
    expect(errors[0]!.where).toBe(`${question}() of "sweep"`);
    expect(errors[0]!.error.message).toMatch(message);
  });

  it('makes an error of a throw and of a rejection, and keeps the other answer', async () => {
    const failed = recruiterOf({
      backlog: () => {
        throw new Error('no count');
      },
      progress: () => ({ done: 1 }),
    });
    expect(await failed.recruiter.survey('sweep')).toEqual({ progress: { done: 1 } });
    expect(failed.errors.map(({ error }) => error.message)).toEqual(['no count']);
    const rejected = recruiterOf({ progress: () => Promise.reject(new Error('no state')) });
    expect(await rejected.recruiter.survey('sweep')).toEqual({});
    expect(rejected.errors.map(({ error }) => error.message)).toEqual(['no state']);
  });

  it('asks once while an answer is awaited, and anew afterwards', async () => {
    const resolvers: ((backlog: number) => void)[] = [];
    const { recruiter } = recruiterOf({
      backlog: () => new Promise<number>((resolve) => void resolvers.push(resolve)),
    });
    const both = Promise.all([recruiter.survey('sweep'), recruiter.survey('sweep')]);
    await new Promise(setImmediate);
    expect(resolvers).toHaveLength(1);
    resolvers[0]!(4);
    expect(await both).toEqual([{ backlog: 4 }, { backlog: 4 }]);
    const again = recruiter.survey('sweep');
    await new Promise(setImmediate);
    resolvers[1]!(5);
    expect(await again).toEqual({ backlog: 5 });
  });

  it('asks outside the async context of whoever wants to know', async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const { recruiter } = recruiterOf({ backlog: () => void seen.push(storage.getStore()) });
    await storage.run('request', () => recruiter.survey('sweep'));
    expect(seen).toEqual([undefined]);
  });

  it('rejects for a job that is not there', async () => {
    await expect(recruiterOf({}).recruiter.survey('swep')).rejects.toThrow(/has no job 'swep'/);
  });
});
