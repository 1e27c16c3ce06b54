import { resolve } from 'node:path';
import base from '../jest.config.mjs';

const atLeast95 = { lines: 95, branches: 95 };

/** Nothing of these is left to run, which v8 takes for lines that did not. */
const onlyTypes = [
  '!lib/jobs/declared-job.ts',
  '!lib/recruiter/gates/gate.ts',
  '!lib/redis/volatile-hashes/field-store.ts',
];

/** The whole suite with coverage, for CI. A folder's threshold is over all of its files together. */
/** @type {import('jest').Config} */
export default {
  ...base,
  rootDir: resolve(import.meta.dirname, '..'),
  collectCoverage: true,
  collectCoverageFrom: ['lib/**/*.ts', '!**/*.spec.ts', '!**/*.test-d.ts', ...onlyTypes],
  coverageDirectory: 'coverage',
  coverageReporters: ['text', 'json-summary', 'lcovonly'],
  coverageThreshold: {
    './lib/recruiter/': atLeast95,
    './lib/enlist/': atLeast95,
    './lib/jobs/': atLeast95,
  },
};
