import type { RecruiterOptions } from '../../../lib/recruiter/options.js';
import { Cron } from './cron.js';
import { firstDesign } from './design.js';
import { Mimd } from './mimd.js';
import type { PolicyFactory } from './policy.js';
import { Recruiting, type Omission } from './recruiting.js';
import { SharedPacing } from './shared-pace.js';

export type { Host, Policy, PolicyFactory, Source } from './policy.js';

/** What is left of the library with everything switched off: the original's algorithm. */
const ORIGINAL: RecruiterOptions = { adaptive: false, load: false, idle: false, dutyCycle: 1 };

/** The policies by name. `fixed` takes the rates as they are declared; `fixed-high` 3.3 times these. */
export const POLICIES: Readonly<Record<string, PolicyFactory>> = {
  ours: ours(),
  design: (options) => (host) => new Recruiting(host, options, { quietTurn: true }, firstDesign()),
  fixed: () => (host) => new Recruiting(host, ORIGINAL),
  'fixed-high': () => (host) => new Recruiting({ ...host, jobs: scaled(host.jobs, 10 / 3) }, ORIGINAL),
  'cron-leader': () => (host) => new Cron(host, 'leader'),
  'cron-each': () => (host) => new Cron(host, 'each'),
  mimd: () => (host) => new Mimd(host),
  'shared-pace': () => {
    const shared: { nextAt: number; gap: number }[] = [];
    return (host) => {
      for (let job = shared.length; job < host.jobs.length; job++) shared.push({ nextAt: 0, gap: 1000 });
      return new SharedPacing(host, shared);
    };
  },
  'ours-without-drain': ours({ drain: true }),
  'ours-without-floor': ours({ floor: true }),
  'ours-without-back-off': ours({ backOff: true }),
  'ours-without-quiet-turn': ours({ quietTurn: true }),
  'ours-without-gate': (options) => (host) => new Recruiting(host, { ...options, load: false }),
  'ours-without-rest': (options) => (host) => new Recruiting(host, { ...options, dutyCycle: 1 }),
};

function ours(omit?: Omission): PolicyFactory {
  return (options) => (host) => new Recruiting(host, options, omit);
}

function scaled<T extends { rate: number }>(jobs: readonly T[], by: number): T[] {
  return jobs.map((job) => ({ ...job, rate: job.rate * by }));
}
