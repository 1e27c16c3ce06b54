import { beforeEach, describe, expect, it } from '@jest/globals';
import { Duty, type Slice } from '../recruiter/job.js';
import type { Callbacks } from './batch-step.js';
import type { Claim, CursorStore, Found, Move, SweepState } from './cursor-store.js';
import { readDeadRecord, type DeadItem } from './dead-item.js';
import type { NextAttempt } from './next-attempt.js';
import { resolvedSweepOptions, SWEEP_OPTIONS } from './sweep.options.js';
import { withDefaults } from '../options/option-table.js';
import { Sweeper } from './sweeper.js';

const slice: Slice = { jobId: 'pass', signal: new AbortController().signal, timeRemaining: () => 50 };
const ofPass: Slice = { ...slice, pass: { dueAt: new Date(1000), isFirst: true } };
const COUNT = 12;

/** Rows that a transaction has written. */
type Transaction = Set<number>;

/** A store whose cursor moves in the transaction of the work, as one in a SQL database can. */
class TransactionalStore implements CursorStore<Transaction> {
  readonly rows = new Set<number>();
  readonly calls: string[] = [];
  readonly records: string[] = [];
  isMovedByAnother = false;
  place = { version: 0, cursor: '', limit: undefined as number | undefined, failures: 0, hasEnded: false };

  claim(limit: number): Promise<Found> {
    const { version, cursor, failures, hasEnded } = this.place;
    const claim: Claim = {
      name: '',
      partition: 0,
      version: String(version),
      cursor,
      limit: Math.min(limit, this.place.limit ?? limit),
      failures,
      error: '',
    };
    return Promise.resolve({
      claim: hasEnded ? undefined : claim,
      isUnfinished: !hasEnded,
      isHeld: false,
      full: [],
    });
  }

  async advance(claim: Claim, work: (transaction: Transaction) => Promise<Move>) {
    this.calls.push('begin');
    const transaction: Transaction = new Set();
    let move: Move;
    try {
      move = await work(transaction);
    } catch (error) {
      this.calls.push('rollback');
      throw error;
    }
    if (this.isMovedByAnother) return undefined;
    this.calls.push('commit');
    transaction.forEach((row) => this.rows.add(row));
    this.records.push(...move.dead);
    const hasEnded = move.next === '';
    this.place = {
      version: Number(claim.version) + 1,
      cursor: move.next,
      limit: move.limit,
      failures: 0,
      hasEnded,
    };
    return { isMore: !hasEnded };
  }

  giveBack(_: Claim, { limit, failures }: NextAttempt): Promise<void> {
    this.calls.push('give back');
    this.place = { ...this.place, limit, failures };
    return Promise.resolve();
  }

  excuse = () => Promise.resolve();
  isServersFault = () => false;
  cursor = () => Promise.resolve(this.place.cursor);
  read = (): Promise<SweepState> => Promise.reject(new Error('not asked for here'));
  seek = () => Promise.resolve();
  reset = () => Promise.resolve();
  dead = (): Promise<DeadItem[]> => Promise.resolve(this.records.map((record) => readDeadRecord(0, record)));
  forgetDead = () => Promise.resolve(0);
}

describe('Sweeper on a store whose cursor moves in the transaction of the work', () => {
  let store: TransactionalStore;
  const bad = 7;

  const callbacks: Callbacks<number, string, Transaction> = {
    fetch: (cursor = '0', limit) => {
      const from = Number(cursor);
      const items = Array.from({ length: Math.min(limit, COUNT - from) }, (_, index) => from + index);
      return from + limit < COUNT ? { items, next: String(from + limit) } : { items };
    },
    process: (items, _slice, transaction) => {
      for (const item of items) {
        if (item === bad) throw new Error(`no ${item}`);
        transaction.add(item);
      }
    },
    total: () => COUNT,
    nameOf: String,
    mayExceed: () => false,
  };
  const sweeper = (options: Parameters<typeof withDefaults>[1] = {}) =>
    new Sweeper(
      'Job "rows"',
      'rows',
      store,
      resolvedSweepOptions(withDefaults(SWEEP_OPTIONS, { batch: 5, attempts: 2, retryDelay: 0, ...options })),
      callbacks,
    );
  const run = (job: ReturnType<typeof sweeper>) => job.run(slice, performance.now()).catch(String);

  beforeEach(() => {
    store = new TransactionalStore();
  });

  it('does what each batch writes and moves the cursor together, or neither', async () => {
    const job = sweeper();
    expect(await run(job)).toEqual({ done: 5, more: true });
    expect(await run(job)).toBe('Error: no 7');
    expect([...store.rows]).toEqual([0, 1, 2, 3, 4]);
    expect(store.calls).toEqual(['begin', 'commit', 'begin', 'rollback', 'give back']);
  });

  it('sets an item aside in a transaction of its own, after that of its last attempt was undone', async () => {
    const job = sweeper();
    for (let turn = 0; turn < 20 && !store.place.hasEnded; turn++) await run(job);
    expect(await job.dead(10)).toMatchObject([{ item: '7', error: 'no 7' }]);
    expect([...store.rows].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11]);
    const lastAttempt = store.calls.findIndex(
      (call, index) => call === 'rollback' && store.calls[index + 1] === 'begin',
    );
    expect(store.calls.slice(lastAttempt, lastAttempt + 3)).toEqual(['rollback', 'begin', 'commit']);
  });

  it('goes on in a pass until the sweep has ended, also where another worker has moved the cursor', async () => {
    const job = sweeper();
    store.isMovedByAnother = true;
    expect(await job.run(slice, 0)).toBe(Duty.DISMISSED);
    expect(await job.run(ofPass, 0)).toEqual({ done: 0, more: true });
    store.place.hasEnded = true;
    expect(await job.run(ofPass, 0)).toEqual({ done: 0, more: false });
  });

  it.each(['stop', 'restart'] as const)('refuses onEnd %p beside every', async (onEnd) => {
    const job = sweeper({ onEnd });
    const message = /onEnd is '\w+' beside every: .*@StealableJob\(\{ every \}\) is one sweep/;
    expect(job.problemsWith({ every: 60_000 })).toEqual([expect.stringMatching(message)]);
    expect(job.problemsWith({ rate: 0.1 })).toEqual([]);
    await expect(job.run(ofPass, 0)).rejects.toThrow(message);
    expect(sweeper().problemsWith({ every: 60_000 })).toEqual([]);
  });

  it('refuses a pass in each process, since the fleet has one sweep', () => {
    const message = /every.scope is 'process', but the fleet has one sweep/;
    expect(sweeper().problemsWith({ every: { ms: 1000, scope: 'process' } })).toEqual([
      expect.stringMatching(message),
    ]);
    expect(sweeper().problemsWith({ every: { ms: 1000, scope: 'fleet' } })).toEqual([]);
  });
});
