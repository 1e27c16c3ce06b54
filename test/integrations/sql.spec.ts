import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Recruiter, type LeaseCoordinator, type Progress } from 'nestjs-work-stealing';
import { useRecipe } from '../support/recipe.js';

/** What the recipes ask of a client of the database. */
interface Sql {
  query<Row>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
}
interface Database extends Sql {
  transaction<T>(work: (tx: Sql) => Promise<T>): Promise<T>;
}
type Chore = new (db: Database) => { recruited(): Promise<Progress> };

const recipe = useRecipe('sql.md');
let db: PGlite;

// A database is compiled and begins, for which a busy machine may take its time.
beforeAll(async () => {
  db = await PGlite.create();
  await db.exec(`
    CREATE TABLE session (id bigserial PRIMARY KEY, expires_at timestamptz NOT NULL);
    CREATE TABLE customer (id bigserial PRIMARY KEY, points int NOT NULL DEFAULT 0);
    CREATE TABLE lease (job text PRIMARY KEY, token bigint NOT NULL, ends_at timestamptz NOT NULL);
    CREATE TABLE backfill (name text PRIMARY KEY, after bigint NOT NULL, ended boolean NOT NULL DEFAULT false);
  `);
}, 120_000);

afterAll(() => db.close());

beforeEach(() => db.exec('TRUNCATE session, customer, backfill, lease RESTART IDENTITY'));

function sqlOf(client: Pick<PGlite, 'query'>): Sql {
  return {
    query: async <Row>(sql: string, values: readonly unknown[] = []) =>
      (await client.query<Row>(sql, [...values])).rows,
  };
}

/** @param failAt the statement of a transaction, counted from 1, before which the process "dies" */
function database(failAt = Infinity): Database {
  const transaction = <T>(work: (tx: Sql) => Promise<T>): Promise<T> =>
    db.transaction((tx) => {
      const { query } = sqlOf(tx);
      let statements = 0;
      const dying = async <Row>(sql: string, values?: readonly unknown[]): Promise<Row[]> => {
        if (++statements === failAt) throw new Error('killed');
        return query<Row>(sql, values);
      };
      return work({ query: dying });
    });
  return { ...sqlOf(db), transaction };
}

async function count(sql: string): Promise<number> {
  const { rows } = await db.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${sql}`);
  return rows[0]!.count;
}

describe('The chore of the SQL recipe', () => {
  it('deletes what has expired, 200 at a time, and nothing else', async () => {
    const { PurgeSessions } = await recipe.import<{ PurgeSessions: Chore }>('purge-sessions.ts');
    await db.exec(`
      INSERT INTO session (expires_at) SELECT now() - interval '1 hour' FROM generate_series(1, 250);
      INSERT INTO session (expires_at) SELECT now() + interval '1 hour' FROM generate_series(1, 30);
    `);
    const chore = new PurgeSessions(database());
    await expect(chore.recruited()).resolves.toEqual({ done: 200, limit: 200 });
    await expect(chore.recruited()).resolves.toEqual({ done: 50, limit: 200 });
    await expect(chore.recruited()).resolves.toEqual({ done: 0, limit: 200 });
    expect(await count('session')).toBe(30);
  });
});

describe('The backfill of the SQL recipe', () => {
  async function backfill(failAt?: number) {
    const { LoyaltyPoints } = await recipe.import<{ LoyaltyPoints: Chore }>('loyalty-points.ts');
    return new LoyaltyPoints(database(failAt));
  }

  beforeEach(() =>
    db.exec(`
      INSERT INTO customer (points) SELECT 0 FROM generate_series(1, 450);
      INSERT INTO backfill VALUES ('loyalty-points', 0);
    `),
  );

  it('goes through all rows once, and ends', async () => {
    const job = await backfill();
    await expect(job.recruited()).resolves.toEqual({ done: 200, more: true });
    await expect(job.recruited()).resolves.toEqual({ done: 200, more: true });
    await expect(job.recruited()).resolves.toEqual({ done: 50, more: false });
    await expect(job.recruited()).resolves.toEqual({ done: 0 });
    expect(await count('customer WHERE points <> 100')).toBe(0);
  });

  it.each([2, 3, 4])('changes each row exactly once, though it dies before statement %i', async (failAt) => {
    const dying = await backfill(failAt);
    const job = await backfill();
    let progress: Progress = { done: 0, more: true };
    for (let slice = 0; progress.more === true; slice++) {
      await expect(dying.recruited()).rejects.toThrow('killed');
      progress = await job.recruited();
      expect(slice).toBeLessThan(3);
    }
    expect(await count('customer WHERE points <> 100')).toBe(0);
  });

  it('ends on an empty table, and where its last batch is full', async () => {
    await db.exec('DELETE FROM customer WHERE id > 200');
    const job = await backfill();
    await expect(job.recruited()).resolves.toEqual({ done: 200, more: true });
    await expect(job.recruited()).resolves.toEqual({ done: 0, more: false });
    expect(await count('backfill WHERE ended AND after = 200')).toBe(1);
  });
});

describe('The leases of the SQL recipe', () => {
  type Leases = new (db: Database, recruiter: Recruiter) => LeaseCoordinator & { onModuleInit(): void };
  const JOB = { recruiter: 'default', jobId: 'import' };

  async function leases(recruiter = new Recruiter()) {
    const { SqlLeases } = await recipe.import<{ SqlLeases: Leases }>('sql-leases.ts');
    return new SqlLeases(database(), recruiter);
  }

  it('are granted one at a time, each with a larger token, until they are released or expire', async () => {
    const [one, other] = [await leases(), await leases()];
    const first = await one.acquire(JOB, 60_000);
    expect(await other.acquire(JOB, 60_000)).toBeUndefined();
    await first!.release();
    const second = await other.acquire(JOB, 1);
    expect(second!.fencingToken).toBeGreaterThan(first!.fencingToken);
    await first!.release();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const third = await one.acquire(JOB, 60_000);
    expect(third!.fencingToken).toBeGreaterThan(second!.fencingToken);
    // A late end of a lease that has expired is not that of the next one.
    await second!.release();
    expect(await other.acquire(JOB, 60_000)).toBeUndefined();
  });

  it('keep two recruiters from slices of one job at the same time', async () => {
    const recruiters = [new Recruiter(), new Recruiter()];
    let [running, most] = [0, 0];
    for (const recruiter of recruiters) {
      (await leases(recruiter)).onModuleInit();
      recruiter.install(
        {
          async recruited() {
            most = Math.max(most, ++running);
            await new Promise((resolve) => setTimeout(resolve, 10));
            running--;
          },
        },
        'import',
        // Neither the wait for an answer nor the lease is over if the machine stalls for some seconds.
        { rate: 0.1, budget: 20_000, lease: { ttl: 60_000 } },
      );
    }
    const reports = await Promise.all(
      Array.from({ length: 6 }, (_, index) => recruiters[index % 2]!.recruit('import')),
    );
    const outcomes = reports.map((report) => ('reason' in report ? report.reason : report.outcome));
    expect(most).toBe(1);
    expect(outcomes).toContain('lease-held');
    expect(outcomes.filter((outcome) => outcome === 'partial').length).toBeGreaterThan(0);
  });
});
