import { resolve } from 'node:path';
import base from '../../jest.config.mjs';
import { folder } from './stryker.redis.config.mjs';

/** Tests of each folder of lib/redis, beside those in it. */
const TESTS = {
  'cursor-job': ['cursor-job', 'cursor-job-fleet', 'faults'],
  'keyspace-sweep': ['keyspace-sweep', 'faults'],
  coordination: ['leases', 'paces'],
  'queue-tracker': ['queue-tracker', 'faults'],
  rollup: ['rollup', 'faults'],
  'stream-reaper': ['stream-reaper', 'faults'],
  'volatile-hashes': ['volatile-hashes', 'faults'],
  'volatile-set': ['volatile-set', 'faults'],
};

/** What a mutation run of one folder repeats for each mutant: its tests against a real server, without the heavy ones. */
/** @type {import('jest').Config} */
export default {
  ...base,
  rootDir: resolve(import.meta.dirname, '../..'),
  testEnvironment: resolve(import.meta.dirname, 'lean-environment.mjs'),
  // A mutant that waits for ever is found soon.
  testTimeout: 5000,
  roots: ['<rootDir>/lib/redis', '<rootDir>/test'],
  testMatch: [
    `**/lib/redis/${folder}/*.spec.ts`,
    ...TESTS[folder].map((name) => `**/test/redis/**/${name}.spec.ts`),
  ],
};
