import { describe, expect, it, jest } from '@jest/globals';
import { ManualClock } from '../../testing/manual-clock.js';
import { SeededRandom } from '../../testing/seeded-random.js';
import { WorkStealingConfigError } from '../../options/errors.js';
import { Duty } from '../job.js';
import { Recruiter } from '../recruiter.js';

const EVERY = 1000;

async function turns(count = 4): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
}

async function pass(clock: ManualClock, ms: number, step = 100): Promise<void> {
  for (let passed = 0; passed < ms; passed += step) {
    clock.advance(step);
    await turns(3);
  }
}

function recruiting(rate = 1) {
  const clock = new ManualClock();
  const recruiter = new Recruiter('test', { clock, load: false, dutyCycle: 1, random: new SeededRandom(1) });
  const errors: { where: string; message: string }[] = [];
  recruiter.on('error', ({ where, error }) => void errors.push({ where, message: error.message }));
  let slices = 0;
  let more = false;
  recruiter.install({ recruited: () => (slices++, { done: 1, more }) }, 'job', rate);
  return {
    clock,
    recruiter,
    errors,
    get slices() {
      return slices;
    },
    setMore: (value: boolean) => void (more = value),
    get snapshot() {
      return recruiter.jobs[0]!;
    },
  };
}

describe("A gate of the user's", () => {
  it('is shut before its first answer, is asked at once, and its opening runs what waited', async () => {
    const process = recruiting();
    const check = jest.fn(() => false);
    process.recruiter.useGate('lag', check, { checkEvery: EVERY });
    process.recruiter.open();
    expect(check).not.toHaveBeenCalled();
    expect(await process.recruiter.enlist()).toBe(Duty.DISMISSED);
    expect(process.snapshot.gatedBy).toEqual({ 'gate:lag': 1 });
    expect(check).not.toHaveBeenCalled();
    await turns();
    expect(check).toHaveBeenCalledTimes(1);
    process.clock.advance(0);
    await turns();
    expect(process.slices).toBe(1);
    expect(await process.recruiter.enlist()).toBe(Duty.RECRUITED);
    await process.recruiter.close();
  });

  it('holds back while it is shut, is asked in the background, and lets known work go on when it opens', async () => {
    const process = recruiting(0.5);
    let isShut = true;
    const check = jest.fn(async () => isShut);
    process.setMore(true);
    process.recruiter.useGate('lag', check, { checkEvery: EVERY });
    process.recruiter.open();
    await process.recruiter.recruit('job');
    expect(process.slices).toBe(1);
    await pass(process.clock, 20 * EVERY);
    expect(process.slices).toBe(1);
    expect(check.mock.calls.length).toBeGreaterThanOrEqual(15);
    expect(check.mock.calls.length).toBeLessThanOrEqual(22);
    expect(process.snapshot.nextLookAt).toBeUndefined();
    isShut = false;
    await pass(process.clock, 2 * EVERY);
    expect(process.slices).toBeGreaterThan(2);
    await process.recruiter.close();
  });

  it('is not asked while nothing would run', async () => {
    const clock = new ManualClock();
    const recruiter = new Recruiter('test', { clock, load: false, idle: false });
    const check = jest.fn(() => false);
    recruiter.install({ recruited: () => ({ done: 0 }) }, 'job', 1);
    recruiter.useGate('lag', check, { checkEvery: EVERY });
    recruiter.open();
    await pass(clock, 10 * EVERY);
    expect(check).not.toHaveBeenCalled();
    await recruiter.enlist();
    await pass(clock, 20 * EVERY);
    expect(check.mock.calls.length).toBeLessThanOrEqual(2);
    await recruiter.close();
  });

  it('concerns the jobs that it names, and an operator goes past it', async () => {
    const process = recruiting(0.5);
    process.recruiter.install({ recruited: () => undefined }, 'other', 0.5);
    process.recruiter.useGate('lag', () => true, { checkEvery: EVERY, jobs: ['job'] });
    process.recruiter.open();
    for (let each = 0; each < 20; each++) await process.recruiter.enlist();
    const [job, other] = process.recruiter.jobs;
    expect(job!.counts.partial).toBe(0);
    expect(other!.counts.partial).toBeGreaterThan(0);
    expect(await process.recruiter.recruit('job')).toMatchObject({ outcome: 'partial' });
    await process.recruiter.close();
  });

  it('keeps its last answer when it throws, reports it once, and is shut after three failures', async () => {
    const process = recruiting(0.001);
    process.setMore(true);
    let fails = false;
    process.recruiter.useGate(
      'lag',
      () => {
        if (fails) throw new Error('no replica');
        return false;
      },
      { checkEvery: EVERY },
    );
    process.recruiter.open();
    await process.recruiter.recruit('job');
    await pass(process.clock, 3 * EVERY);
    fails = true;
    const before = process.slices;
    await pass(process.clock, 1.5 * EVERY);
    expect(process.slices).toBeGreaterThan(before);
    await pass(process.clock, 4 * EVERY);
    const shut = process.slices;
    await pass(process.clock, 5 * EVERY);
    expect(process.slices).toBe(shut);
    expect(process.errors).toEqual([{ where: 'checking gate:lag', message: 'no replica' }]);
    fails = false;
    await pass(process.clock, 3 * EVERY);
    expect(process.slices).toBeGreaterThan(shut);
    await process.recruiter.close();
  });

  it('is shut while its check hangs, or returns what is no boolean', async () => {
    for (const answer of [() => new Promise<boolean>(() => {}), () => 'open' as never]) {
      const process = recruiting();
      process.recruiter.useGate('lag', answer, { checkEvery: EVERY });
      process.recruiter.open();
      for (let each = 0; each < 5; each++) {
        expect(await process.recruiter.enlist()).toBe(Duty.DISMISSED);
        await pass(process.clock, EVERY);
      }
      expect(process.slices).toBe(0);
      expect(process.errors).toHaveLength(1);
      await process.recruiter.close();
    }
  });

  it('is no longer there once it is undone', async () => {
    const process = recruiting();
    const undo = process.recruiter.useGate('lag', () => true, { checkEvery: EVERY });
    process.recruiter.open();
    await process.recruiter.enlist();
    await pass(process.clock, EVERY);
    undo();
    undo();
    await pass(process.clock, EVERY);
    expect(process.slices).toBeGreaterThanOrEqual(1);
    process.recruiter.useGate('lag', () => false, { checkEvery: EVERY });
    await process.recruiter.close();
    expect(process.clock.pending).toBe(0);
  });

  it.each<[string, () => unknown, RegExp]>([
    ['a name that is taken', () => add('lag'), /a gate 'lag' is in use already/],
    ['a reason of the recruiter', () => add('paused'), /name is 'paused'.*not a built-in reason/],
    ['a blank name', () => add(' '), /name is ' '; expected/],
    ['a name for a label', () => add('a\nb'), /name is/],
    ['no function', () => add('x', {}, 5), /isShut is 5; expected a function/],
    ['no interval', () => add('x', { checkEvery: undefined }), /checkEvery is undefined/],
    ['an interval of 0', () => add('x', { checkEvery: 0 }), /checkEvery is 0/],
    ['an endless interval', () => add('x', { checkEvery: Infinity }), /checkEvery is Infinity/],
    ['jobs that are no list', () => add('x', { jobs: 'job' }), /jobs is 'job'; expected an array of job ids/],
    ['an unknown option', () => add('x', { every: 5 }), /unknown option 'every'/],
  ])('is refused with %s', (_, wrong, message) => {
    expect(wrong).toThrow(WorkStealingConfigError);
    expect(wrong).toThrow(message);
  });

  it('warns once of jobs that are not installed', () => {
    const process = recruiting();
    const reasons: string[] = [];
    process.recruiter.on('error', ({ error }) => void reasons.push(error.reason));
    process.recruiter.useGate('lag', () => false, { checkEvery: EVERY, jobs: ['job', 'jbo'] });
    expect(process.errors).toEqual([]);
    process.recruiter.open();
    expect(process.errors).toEqual([
      { where: 'gate:lag', message: expect.stringMatching(/names jobs that are not installed: 'jbo'/) },
    ]);
    process.recruiter.useGate('other', () => false, { checkEvery: EVERY, jobs: ['late'] });
    expect(process.errors).toHaveLength(2);
    expect(reasons).toEqual(['warning', 'warning']);
  });
});

function add(name: string, options: object = {}, isShut: unknown = () => false): void {
  const recruiter = new Recruiter('test');
  recruiter.useGate('lag', () => false, { checkEvery: EVERY });
  recruiter.useGate(name, isShut as never, { checkEvery: EVERY, ...options });
}
