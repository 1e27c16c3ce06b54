import { resolve } from 'node:path';
import base from '../../jest.config.mjs';
import { folder } from './stryker.redis.config.mjs';

/** Tests of each folder of lib/redis, beside those in it. */
const TESTS = {
  'cursor-job': ['cursor-job', 'cursor-job-fleet', 'redis-jobs-faults'],
  'keyspace-sweep': ['keyspace-sweep', 'redis-jobs-faults'],
  coordination: ['leases', 'paces'],
  'queue-tracker': ['queue-tracker', 'redis-jobs-faults'],
  rollup: ['rollup', 'redis-jobs-faults'],
  'stream-reaper': ['stream-reaper', 'redis-jobs-faults'],
  'volatile-hashes': ['volatile-hashes', 'redis-jobs-faults'],
  'volatile-set': ['volatile-set', 'redis-jobs-faults'],
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
  testMatch: [`**/lib/redis/${folder}/*.spec.ts`, ...TESTS[folder].map((name) => `**/test/${name}.spec.ts`)],
};
