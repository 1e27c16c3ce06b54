import type { RecruiterOptions } from '../../../lib/recruiter/options.js';
import { Cron } from './cron.js';
import type { PolicyFactory } from './policy.js';
import { Recruiting } from './recruiting.js';

export type { Host, Policy, PolicyFactory, Source } from './policy.js';

/** What is left of the library with everything switched off: the original's algorithm. */
const ORIGINAL: RecruiterOptions = { adaptive: false, load: false, idle: false, dutyCycle: 1 };

/** The policies by name. `fixed` takes the rates as they are declared. */
export const POLICIES: Readonly<Record<string, PolicyFactory>> = {
  ours: (options) => (host) => new Recruiting(host, options),
  fixed: () => (host) => new Recruiting(host, ORIGINAL),
  'cron-leader': () => (host) => new Cron(host, 'leader'),
  'cron-each': () => (host) => new Cron(host, 'each'),
};
