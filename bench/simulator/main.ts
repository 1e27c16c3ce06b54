import { parseArgs } from 'node:util';
import { adviseMisSet } from './advice.js';
import { simulate, type Figures, type Request } from './figures.js';
import { writePlots } from './plots.js';

const USAGE = `npm run simulate -- [--processes 100] [--trace diurnal] [--policy ours] [--policy fixed …]
  [--seed 1] [--rate-factor 1] [--seconds N] [--json]
npm run simulate -- --plots docs/plots
npm run simulate -- --advise [--processes 30] [--trace steady] [--seed 1]`;

const { values } = parseArgs({
  options: {
    processes: { type: 'string', default: '100' },
    trace: { type: 'string', default: 'diurnal' },
    policy: { type: 'string', multiple: true, default: ['ours'] },
    seed: { type: 'string', default: '1' },
    'rate-factor': { type: 'string', default: '1' },
    seconds: { type: 'string' },
    plots: { type: 'string' },
    advise: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log(USAGE);
} else if (values.plots !== undefined) {
  writePlots(values.plots, positive('processes', values.processes), Number(values.seed));
} else if (values.advise) {
  const processes = positive('processes', values.processes);
  const reversals = adviseMisSet({ processes, traces: [values.trace], seed: Number(values.seed) });
  console.log(`\nAdvice that was reversed after it was followed: ${reversals}`);
} else {
  const runs = values.policy.map((policy) => ({ policy, ...simulate(requestOf(policy)) }));
  if (values.json)
    console.log(
      JSON.stringify(
        runs.map(({ policy, figures }) => ({ policy, ...figures })),
        null,
        2,
      ),
    );
  else for (const { policy, figures } of runs) console.log(`${policy}: ${line(figures)}`);
}

function requestOf(policy: string): Request {
  const request = {
    policy,
    trace: values.trace,
    processes: positive('processes', values.processes),
    seed: Number(values.seed),
    rateFactor: positive('rate-factor', values['rate-factor']),
  };
  return values.seconds === undefined
    ? request
    : { ...request, seconds: positive('seconds', values.seconds) };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new RangeError(`--${name} is "${text}"; expected a number above 0\n${USAGE}`);
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
    parts.push(
      `recovered after ${seconds} s, ${steady.toFixed(1)} slices/s before, peak ${peak}/s (10 s: ${peakOfTen.toFixed(1)}/s)`,
    );
  }
  return parts.join('; ');
}
