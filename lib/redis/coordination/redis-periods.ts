import type {
  JobRef,
  PassReport,
  PassSummary,
  PeriodClaim,
  PeriodCoordinator,
  PeriodNews,
} from '../../recruiter/coordination/coordinator.js';
import type { RedisConnection } from '../connection/client.js';
import { runScript } from '../lua/script.js';
import { DEFAULT_PATIENCE_MS, jobKey } from './job-key.js';

/** Version of the layout of keys and values. */
const LAYOUT = 'e1';

/** Keeps the periods of jobs in Redis: one hash for each job, and one round trip for each claim and each report. */
export class RedisPeriods implements PeriodCoordinator {
  constructor(private readonly connection: RedisConnection) {}

  async claim(
    job: JobRef,
    every: number,
    hold: number,
    force = false,
    patience?: number,
  ): Promise<PeriodClaim & PeriodNews> {
    const args = ['claim', Math.round(every), Math.ceil(hold), force ? 1 : 0];
    // The recruiter stops waiting when its patience ends, and gives a claim back that is granted later: it must be heard of.
    const untilExpiry = Math.max(patience ?? DEFAULT_PATIENCE_MS, hold);
    const [kind, value, dueAt, isFirst, ...rest] = (await this.#run(job, args, untilExpiry))!;
    if (kind === 'run') {
      const pass = { token: Number(value), dueAt: new Date(Number(dueAt)), isFirst: Number(isFirst) === 1 };
      return { ...pass, ...newsOf(rest) };
    }
    // This reply has two values less than that of a granted slice.
    const news = newsOf([dueAt, isFirst, ...rest]);
    return kind === 'held' ? { heldFor: Number(value), ...news } : { notDueFor: Number(value), ...news };
  }

  async report(
    job: JobRef,
    token: number,
    what: PassReport,
    items: number,
    patience?: number,
  ): Promise<{ readonly dueIn: number } & PeriodNews> {
    const [, dueIn, ...news] = (await this.#run(job, ['report', token, what, items], patience))!;
    return { dueIn: Number(dueIn), ...newsOf(news) };
  }

  async renew(job: JobRef, token: number, hold: number, patience?: number): Promise<boolean> {
    const [, isOurs] = (await this.#run(job, ['renew', token, Math.ceil(hold)], patience))!;
    return Number(isOurs) === 1;
  }

  async inspect(job: JobRef): Promise<({ readonly dueIn: number } & PeriodNews) | undefined> {
    const reply = await this.#run(job, ['inspect']);
    if (reply === undefined) return undefined;
    const [, dueIn, ...news] = reply;
    return { dueIn: Number(dueIn), ...newsOf(news) };
  }

  async #run(
    job: JobRef,
    args: readonly (string | number)[],
    patience = DEFAULT_PATIENCE_MS,
  ): Promise<unknown[] | undefined> {
    const { client, prefix } = this.connection;
    const key = jobKey(prefix, job, LAYOUT, 'period');
    const reply = await runScript(client, 'period', [key], args, { patience });
    return Array.isArray(reply) ? reply : undefined;
  }
}

function newsOf([every, dueAt, beganAt, endedAt, slices, done, skipped]: unknown[]): PeriodNews {
  const hasBegun = dueAt !== '' && dueAt !== undefined;
  const pass: PassSummary | undefined = hasBegun
    ? {
        dueAt: new Date(Number(dueAt)),
        beganAt: new Date(Number(beganAt)),
        endedAt: endedAt === '' ? undefined : new Date(Number(endedAt)),
        slices: Number(slices),
        done: Number(done),
        skipped: Number(skipped),
      }
    : undefined;
  return { every: Number(every), pass };
}
