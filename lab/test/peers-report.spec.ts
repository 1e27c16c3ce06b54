import { describe, expect, it } from '@jest/globals';
import type { Run } from '../peers/instance/messages.js';
import { compareAll } from '../peers/report/compare.js';
import { countLines } from '../peers/report/lines.js';
import { traceTable } from '../peers/report/tables.js';
import { commandCounts } from '../peers/run/commands.js';
import { gapAfter, tally } from '../peers/run/figures.js';
import type { RunResult } from '../peers/run/result.js';

function runOf(way: RunResult['way'], figures: Partial<RunResult> = {}): RunResult {
  const none = { all: 0, idle: 0 };
  return {
    way,
    instances: 4,
    trace: 'steady',
    round: 1,
    length: 15_000,
    load: 0.5,
    requests: { answered: 1000, failed: 0, unserved: 0 },
    latency: { p50: 1, p90: 2, p99: 5 },
    ages: { expire: [0, 0, 100], fold: [0, 50, 0] },
    runs: { expire: none, fold: none, backfill: none },
    failures: [],
    items: { fields: 0, views: 0, films: 0 },
    repeated: 0,
    commands: 1000,
    sent: 500,
    serverTime: 10,
    cpu: 500,
    backfilled: null,
    gap: null,
    drained: null,
    ...figures,
  };
}

const work = { fields: 100, views: 800, films: 100 };
const did = (chore: Run['chore'], at: number, done: number): Run => ({ chore, at, done });

describe('Figures of a run', () => {
  it('leave looks at a backfill that is complete out of the wasted runs, and no others', () => {
    const runs = [
      did('backfill', 1, 0),
      did('backfill', 2, 2000),
      did('backfill', 3, 0),
      did('expire', 3, 0),
      did('expire', 9, 5),
    ];
    expect(tally(runs, 5)).toEqual({
      expire: { all: 1, idle: 1 },
      fold: { all: 0, idle: 0 },
      backfill: { all: 2, idle: 1 },
    });
  });

  it('count all looks at a backfill that was not completed', () => {
    const runs = [did('backfill', 2, 50), did('backfill', 3, 0)];
    expect(tally(runs, 5).backfill).toEqual({ all: 2, idle: 1 });
  });

  it('measure the gap after a killing by runs that did something', () => {
    const runs = [did('fold', 90, 3), did('fold', 110, 0), did('fold', 130, 3), did('expire', 180, 1)];
    expect(gapAfter(runs, 100, 1000)).toEqual({ any: 30, each: 80 });
  });

  it('take the end for the first work of a chore that was not seen again', () => {
    expect(gapAfter([did('fold', 130, 3)], 100, 1000)).toEqual({ any: 30, each: 900 });
  });

  it('read what INFO says of commands, subcommands included', () => {
    const info = 'cmdstat_hset:calls=12,usec=3\r\ncmdstat_config|resetstat:calls=1,usec=9\r\n';
    expect([...commandCounts(info)]).toEqual([
      ['hset', 12],
      ['config|resetstat', 1],
    ]);
  });
});

describe('Comparison with nothing', () => {
  it('takes off what the same requests cost without any background work', () => {
    const runs = [
      runOf('none'),
      runOf('cron', {
        requests: { answered: 900, failed: 100, unserved: 0 },
        items: work,
        commands: 2900,
        cpu: 650,
        latency: { p50: 1, p90: 2, p99: 8 },
      }),
    ];
    const [cron] = compareAll(runs);
    expect(cron).toMatchObject({ way: 'cron', p99Added: 3, backlog: { p50: 0.05, max: 0.1 } });
    expect(cron!.perItem.commands).toBeCloseTo(2);
    expect(cron!.perItem.cpu).toBeCloseTo(200);
  });

  it('holds a run to nothing of its own round, size and trace only', () => {
    const runs = [runOf('none'), runOf('cron', { round: 2 }), runOf('cron', { instances: 1 })];
    expect(compareAll(runs)).toEqual([]);
  });

  it('takes medians over the rounds', () => {
    const rounds = [1, 2, 3].flatMap((round) => [
      runOf('none', { round }),
      runOf('bullmq', { round, latency: { p50: 1, p90: 2, p99: 5 + round ** 2 } }),
    ]);
    expect(compareAll(rounds)[0]).toMatchObject({ rounds: 3, p99Added: 4 });
  });

  it('does not tell of a backfill that one of the rounds did not complete', () => {
    const rounds = [1, 2].flatMap((round) => [
      runOf('none', { round }),
      runOf('cron', { round, backfilled: round === 1 ? 3000 : null }),
    ]);
    expect(compareAll(rounds)[0]!.backfilled).toBeNaN();
  });

  it('sets the best of each size in bold, whoever it is', () => {
    const ways = ['none', 'work-stealing', 'cron'] as const;
    const runs = ways.map((way) =>
      runOf(way, { items: work, ages: { expire: [way === 'cron' ? 10 : 20], fold: [0] } }),
    );
    const table = traceTable(compareAll(runs), 'steady');
    expect(table).toMatch(/cron on each \| \*\*0\.01/);
    expect(table).not.toMatch(/nestjs-work-stealing \| \*\*0\.02/);
  });
});

describe('Lines that a user writes', () => {
  it('are neither blank nor comments', () => {
    const source = '/** A doc. */\n/*\n * A comment.\n */\nconst a = 1;\n\n// why\nconst b = 2;\n';
    expect(countLines(source)).toEqual({ all: 2, telling: 2 });
  });

  it('are counted without imports, those over several lines too, and without lone brackets as well', () => {
    const source = "import {\n  a,\n  b,\n} from 'c';\nimport 'd';\nexport const e = [\n  a,\n];\n";
    expect(countLines(source)).toEqual({ all: 8, telling: 2 });
  });
});
