import { AsyncLocalStorage } from 'node:async_hooks';
import {
  channel,
  subscribe,
  tracingChannel,
  unsubscribe,
  type ChannelListener,
} from 'node:diagnostics_channel';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../testing/manual-clock.js';
import type { LeaseCoordinator } from '../coordination/coordinator.js';
import { publishDiagnostics, type SliceMessage } from './diagnostics.js';
import { Listeners, type RecruiterError } from '../events.js';
import { Instruments, type SliceInstrument, type SliceWatch } from './instruments.js';
import { Duty, type Job } from '../job.js';
import type { JobOptions } from '../job-options.js';
import type { RecruiterOptions } from '../options.js';
import { Recruiter } from '../recruiter.js';
import type { SliceReport } from './slice.js';

const request = new AsyncLocalStorage<string>();
const span = new AsyncLocalStorage<string>();

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A recruiter that draws its one job at every enlistment. */
function recruiting(
  recruited: () => unknown = () => undefined,
  {
    job,
    acquire = async () => undefined,
    ...options
  }: RecruiterOptions & { job?: Partial<JobOptions>; acquire?: LeaseCoordinator['acquire'] } = {},
) {
  const clock = new ManualClock(1000);
  const recruiter = new Recruiter('test', {
    adaptive: false,
    load: false,
    idle: false,
    dutyCycle: 1,
    clock,
    ...options,
  });
  if (job?.lease !== undefined) recruiter.useCoordinator({ lease: { acquire } });
  if (job?.pace !== undefined) recruiter.useCoordinator({ pace: { take: async () => 1000 } });
  recruiter.install({ recruited } as Job, 'job', { rate: 1, ...job });
  recruiter.open();
  const errors: RecruiterError[] = [];
  recruiter.on('error', (error) => errors.push(error));
  return { clock, recruiter, errors };
}

/** An instrument that runs slices in a span, and writes down what it is told. */
function tracing(name = 'span') {
  const told: unknown[] = [];
  const instrument: SliceInstrument = (drawn) => {
    told.push({ ...drawn, drawnIn: request.getStore() });
    return {
      run: (slice) => span.run(`${span.getStore() ?? ''}/${name}`, slice),
      ended: (report) => void told.push(report.outcome),
    };
  };
  return { instrument, told };
}

const rejecting = (async () => fail()) as () => void;

describe('Instrument of a recruiter', () => {
  it.each<{ origin: string; begin: (recruiter: Recruiter) => Promise<unknown> }>([
    { origin: 'enlistment', begin: (recruiter) => recruiter.enlist() },
    { origin: 'enlistment', begin: async (recruiter) => recruiter.enlistDetached() },
    { origin: 'operator', begin: (recruiter) => recruiter.recruit('job') },
  ])('is called in the context of the $origin, and makes that of the slice', async ({ origin, begin }) => {
    const seen: unknown[] = [];
    const observe = () => seen.push([request.getStore(), span.getStore()]);
    const { recruiter } = recruiting(async () => {
      observe();
      await turn();
      observe();
    });
    const { instrument, told } = tracing();
    recruiter.instrument(instrument);
    await request.run('request 1', async () => {
      await begin(recruiter);
      expect([request.getStore(), span.getStore()]).toEqual(['request 1', undefined]);
    });
    await turn();
    await turn();
    expect(seen).toEqual([
      [undefined, '/span'],
      [undefined, '/span'],
    ]);
    expect(told).toEqual([{ recruiter: 'test', jobId: 'job', origin, drawnIn: 'request 1' }, 'partial']);
  });

  it('sees no context where a timer draws, though a request set it', async () => {
    const options = { adaptive: true, idle: { interval: 1000 }, random: { next: () => 0.5 } };
    const { recruiter, clock } = recruiting(() => ({ done: 1, more: true }), options);
    const { instrument, told } = tracing();
    recruiter.instrument(instrument);
    await request.run('request 1', () => recruiter.enlist());
    clock.advance(1);
    await turn();
    const agenda = { origin: 'agenda', drawnIn: undefined };
    expect(told).toMatchObject([{ origin: 'enlistment', drawnIn: 'request 1' }, 'full', agenda, 'full']);
    await recruiter.close();

    const quiet = recruiting(() => Duty.DISMISSED, options);
    quiet.recruiter.instrument(instrument);
    // The first run, with chance at a half: half an interval.
    quiet.clock.advance(500);
    await turn();
    expect(told.slice(4)).toMatchObject([agenda, 'idle']);
    await quiet.recruiter.close();
  });

  it('hears of a slice when its counts are known, before who waits for it', async () => {
    const { recruiter } = recruiting(() => ({ done: 2, limit: 5 }));
    const heard: unknown[] = [];
    recruiter.instrument(() => ({
      run: (slice) => slice(),
      ended: (report) => void heard.push([report, recruiter.jobs[0]!.items]),
    }));
    const report = await recruiter.recruit('job');
    expect(heard).toEqual([[report, 2]]);
  });

  it.each<{ why: string; job?: Partial<JobOptions>; before?: (recruiter: Recruiter) => void; asked: number }>(
    [
      { why: 'a pause', before: (recruiter) => recruiter.pause(), asked: 0 },
      { why: 'a lease that another holds', job: { lease: { ttl: 1000 } }, asked: 1 },
      { why: 'a spent pace', job: { pace: { perSecond: 1 } }, asked: 1 },
    ],
  )('hears no more of a slice that is held back by $why', async ({ job = {}, before, asked }) => {
    const { recruiter } = recruiting(undefined, { job });
    before?.(recruiter);
    const { instrument, told } = tracing();
    recruiter.instrument(instrument);
    expect((await recruiter.recruit('job')).outcome).toBe('gated');
    expect(told).toHaveLength(asked);
  });

  it('sees a slice that fails before its job is called', async () => {
    const acquire = () => Promise.reject(new Error('no answer'));
    const { recruiter } = recruiting(undefined, { job: { lease: { ttl: 1000 } }, acquire });
    const heard: unknown[] = [];
    recruiter.instrument(() => ({
      run: (slice) => void heard.push('run', slice()),
      ended: (report) => void heard.push(report.outcome),
    }));
    await recruiter.recruit('job');
    expect(heard).toEqual(['run', undefined, 'failed']);
  });

  it('stands within those before it, and goes by itself', async () => {
    const seen: unknown[] = [];
    const { recruiter } = recruiting(() => void seen.push(span.getStore()));
    const [outer, inner] = [tracing('outer'), tracing('inner')];
    const undo = [outer, inner].map(({ instrument }) => recruiter.instrument(instrument));
    await recruiter.enlist();
    undo[0]!();
    await recruiter.enlist();
    undo[1]!();
    await recruiter.enlist();
    expect(seen).toEqual(['/outer/inner', '/inner', undefined]);
  });

  it.each<{ what: string; instrument: unknown }>([
    { what: 'throws', instrument: () => fail() },
    { what: 'answers nonsense', instrument: async () => 7 },
    { what: 'throws before the slice', instrument: watching({ run: () => fail() }) },
    { what: 'throws after the slice', instrument: watching({ run: (slice) => (slice(), fail()) }) },
    { what: 'rejects', instrument: watching({ run: rejecting }) },
    { what: 'throws at the end', instrument: watching({ ended: () => fail() }) },
  ])('that $what is complained about, and the slice runs once', async ({ instrument }) => {
    let runs = 0;
    const { recruiter, errors } = recruiting(() => void runs++);
    const { instrument: sound, told } = tracing();
    recruiter.instrument(instrument as SliceInstrument);
    recruiter.instrument(sound);
    expect(await recruiter.enlist()).toBe(Duty.RECRUITED);
    await turn();
    expect(runs).toBe(1);
    expect(told).toEqual([expect.anything(), 'partial']);
    expect(errors.map(({ where }) => where)).toContain('an instrument');
  });

  it.each<{ what: string; run: SliceWatch['run'] }>([
    { what: 'never calls it', run: () => undefined },
    { what: 'calls it twice', run: (slice) => (slice(), slice()) },
  ])('cannot keep a slice from running once: $what', async ({ run }) => {
    let runs = 0;
    const { recruiter, errors } = recruiting(() => void runs++);
    recruiter.instrument(watching({ run }));
    await recruiter.enlist();
    expect(runs).toBe(1);
    expect(errors).toEqual([]);
  });

  it('has to be a function', () => {
    expect(() => recruiting().recruiter.instrument({} as SliceInstrument)).toThrow(TypeError);
  });
});

describe('diagnostics_channel', () => {
  const undo: (() => void)[] = [];
  afterEach(() => undo.splice(0).forEach((each) => each()));

  /** Writes down what the channels carry. */
  function subscribed(...names: string[]) {
    const heard: { name: string; message: unknown; told: unknown; spanned: unknown; asked: unknown }[] = [];
    for (const name of names) {
      const listener: ChannelListener = (message) =>
        heard.push({
          name,
          message,
          told: { ...(message as SliceMessage) },
          spanned: span.getStore(),
          asked: request.getStore(),
        });
      subscribe(name, listener);
      undo.push(() => unsubscribe(name, listener));
    }
    return heard;
  }

  const events = ['start', 'end', 'error', 'asyncStart', 'asyncEnd'].map(
    (event) => `tracing:work-stealing:slice:${event}`,
  );

  it('carries one message through a slice, with what came of it', async () => {
    const heard = subscribed('work-stealing:drawn', ...events);
    const { recruiter } = recruiting(() => ({ done: 1, limit: 2 }));
    let report: SliceReport | undefined;
    recruiter.on('slice', (it) => (report = it));
    await recruiter.enlist();
    const drawn = { recruiter: 'test', jobId: 'job', origin: 'enlistment' };
    expect(heard.map(({ name, told }) => [name.split(':').at(-1), told])).toEqual([
      ['drawn', drawn],
      ['start', drawn],
      ['end', drawn],
      ['asyncStart', { ...drawn, report }],
      ['asyncEnd', { ...drawn, report }],
    ]);
    expect(new Set(heard.map(({ message }) => message)).size).toBe(1);
  });

  it.each([
    { outcome: 'failed', job: () => fail(), error: new Error('as told') },
    {
      outcome: 'aborted',
      job: (clock: ManualClock) => {
        setImmediate(() => clock.advance(100));
        return new Promise(() => {});
      },
      error: undefined,
    },
  ])('says what went wrong with a slice that was $outcome', async ({ outcome, job, error }) => {
    const heard = subscribed(events[2]!);
    const { recruiter, clock } = recruiting(() => job(clock));
    await recruiter.enlist();
    expect(heard).toMatchObject([{ told: { report: { outcome }, error } }]);
  });

  it('is published to in the context of whoever enlists, then in that of the bound stores', async () => {
    const slices = tracingChannel<unknown, SliceMessage>('work-stealing:slice');
    const heard = subscribed('work-stealing:drawn', ...events);
    slices.start.bindStore(span, ({ jobId }) => `span of ${jobId}`);
    undo.push(() => slices.start.unbindStore(span));
    let inJob: unknown;
    const { recruiter } = recruiting(async () => {
      await turn();
      inJob = [request.getStore(), span.getStore()];
    });
    await request.run('request 1', () => recruiter.enlist());
    expect(inJob).toEqual([undefined, 'span of job']);
    expect(heard.map(({ spanned, asked }) => [asked, spanned])).toEqual([
      ['request 1', undefined],
      ...Array.from({ length: 4 }, () => [undefined, 'span of job']),
    ]);
  });

  it('carries gated slices and changes of rates', async () => {
    const heard = subscribed('work-stealing:gated', 'work-stealing:rate');
    const { recruiter } = recruiting();
    recruiter.setRate('job', 0.5);
    recruiter.pause();
    const report = await recruiter.recruit('job');
    expect(heard.map(({ name, message }) => [name, message])).toEqual([
      ['work-stealing:rate', { recruiter: 'test', jobId: 'job', rate: 0.5, effectiveRate: 0.5 }],
      ['work-stealing:gated', { recruiter: 'test', report }],
    ]);
    expect(report).toMatchObject({ jobId: 'job', reason: 'paused' });
  });

  it('makes nothing where nobody subscribes', () => {
    const instruments = new Instruments('test', () => undefined);
    publishDiagnostics('test', new Listeners(() => undefined), instruments);
    expect(channel('work-stealing:drawn').hasSubscribers).toBe(false);
    expect(instruments.drawn({ id: 'job', functionName: undefined }, 'enlistment')).toBeUndefined();
    subscribed(events[0]!);
    expect(instruments.drawn({ id: 'job', functionName: undefined }, 'enlistment')).toBeDefined();
    undo.splice(0).forEach((each) => each());
    expect(instruments.drawn({ id: 'job', functionName: undefined }, 'enlistment')).toBeUndefined();
  });
});

/** An instrument that watches soundly, but for what is given. */
function watching(watch: Partial<SliceWatch>): SliceInstrument {
  return () => ({ run: (slice) => slice(), ended: () => undefined, ...watch });
}

function fail(): never {
  throw new Error('as told');
}

describe('Instruments asked about a slice', () => {
  it.each([
    ['enlistment', 'A'],
    ['operator', 'A'],
    ['agenda', undefined],
  ] as const)('are in the context of who asked for it: %s', (origin, context) => {
    const instruments = new Instruments('default', () => {});
    const seen: unknown[] = [];
    instruments.add((drawn) => void seen.push([drawn.origin, request.getStore()]));
    request.run('A', () => instruments.drawn({ id: 'job', functionName: undefined }, origin));
    expect(seen).toEqual([[origin, context]]);
  });
});
