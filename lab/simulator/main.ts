import { parseArgs } from 'node:util';
import { adviseMisSet } from './advice.js';
import { simulate, type Figures, type Request } from './figures.js';
import { writePlots } from './plots.js';
import { POLICIES } from './policies/index.js';
import { writeScaling } from './scaling.js';
import { printTable } from './table.js';
import { TRACES } from './traces.js';

const USAGE = `npm run simulate -- [--processes 100] [--trace diurnal] [--policy ours] [--policy fixed …]
  [--seed 1] [--rate-factor 1] [--seconds N] [--json]
npm run simulate -- --table [--seeds 3] [--world outage] [--processes 100]
npm run simulate -- --plots ../docs/plots
npm run simulate -- --scaling simulator/plots [--processes 10000]
npm run simulate -- --advise [--processes 30] [--trace steady] [--seed 1]

policies: ${Object.keys(POLICIES).join(', ')}
traces: ${Object.keys(TRACES).join(', ')}`;

try {
  main(argumentsGiven());
} catch (error) {
  if (!isOfTheUser(error)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 1;
}

type Arguments = ReturnType<typeof argumentsGiven>;

function argumentsGiven() {
  return parseArgs({
    options: {
      processes: { type: 'string' },
      trace: { type: 'string', default: 'diurnal' },
      policy: { type: 'string', multiple: true, default: ['ours'] },
      seed: { type: 'string', default: '1' },
      'rate-factor': { type: 'string', default: '1' },
      seconds: { type: 'string' },
      table: { type: 'boolean', default: false },
      seeds: { type: 'string', default: '1' },
      world: { type: 'string', default: '' },
      plots: { type: 'string' },
      scaling: { type: 'string' },
      advise: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  }).values;
}

function main(given: Arguments): void {
  const largest = given.scaling === undefined ? '100' : '10000';
  const processes = whole('processes', given.processes ?? largest, 1);
  const seed = whole('seed', given.seed, 0);
  if (given.help) {
    console.log(USAGE);
  } else if (given.table) {
    printTable({
      world: given.world,
      processes: given.processes === undefined ? undefined : processes,
      seeds: whole('seeds', given.seeds, 1),
    });
  } else if (given.plots !== undefined) {
    writePlots(given.plots, processes, seed);
  } else if (given.scaling !== undefined) {
    writeScaling(given.scaling, processes, seed);
  } else if (given.advise) {
    const reversals = adviseMisSet({ processes, traces: [given.trace], seed });
    console.log(`\nAdvice that was reversed after it was followed: ${reversals}`);
  } else {
    const runs = given.policy.map((policy) => ({
      policy,
      ...simulate(requestOf(given, policy, processes, seed)).figures,
    }));
    if (given.json) console.log(JSON.stringify(runs, null, 2));
    else for (const { policy, ...figures } of runs) console.log(`${policy}: ${line(figures)}`);
  }
}

function requestOf(given: Arguments, policy: string, processes: number, seed: number): Request {
  const request = {
    policy,
    trace: given.trace,
    processes,
    seed,
    rateFactor: positive('rate-factor', given['rate-factor']),
  };
  if (given.seconds === undefined) return request;
  return { ...request, seconds: whole('seconds', given.seconds, 1) };
}

function whole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(value) && value >= least) return value;
  throw new RangeError(`--${name} is "${text}"; expected a whole number from ${least}`);
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new RangeError(`--${name} is "${text}"; expected a number above 0`);
}

/** Wrong arguments are no matter of stacks. */
function isOfTheUser(error: unknown): error is Error {
  const { name, code } = error as { name?: string; code?: string };
  const names = ['RangeError', 'WorkStealingConfigError'];
  return names.includes(name ?? '') || code?.startsWith('ERR_PARSE_ARGS') === true;
}

function line({ lag, waste, slices, slicesPerSecond, burst, recovery }: Figures): string {
  const parts = [
    `lag p50/p99/max ${lag.p50}/${lag.p99}/${lag.max} s`,
    `waste ${(waste * 100).toFixed(1)} %`,
    `slices ${slices} (${slicesPerSecond.toFixed(2)}/s)`,
  ];
  if (burst !== undefined) {
    const { p99, addedP99, addedP999 } = burst;
    parts.push(
      `bursts p99 ${p99.toFixed(1)} ms, +${addedP99.toFixed(1)}/+${addedP999.toFixed(1)} (p99/p99.9)`,
    );
  }
  if (recovery !== undefined) {
    const { seconds, steady, peak, peakOfTen } = recovery;
    const end = Number.isFinite(seconds) ? `recovered after ${seconds} s` : 'not recovered';
    parts.push(
      `${end}, ${steady.toFixed(1)} slices/s before, peak ${peak}/s (10 s: ${peakOfTen.toFixed(1)}/s)`,
    );
  }
  return parts.join('; ');
}
