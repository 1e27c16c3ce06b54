import base from './stryker.config.mjs';

/** Which folder of lib/redis: `npm run mutate:redis -- rollup`. */
export const folder = process.env.MUTATE_FOLDER ?? 'rollup';

/** Mutation tests of what calls scripts, a folder at a time: see README.md. */
/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  ...base,
  mutate: [`lib/redis/${folder}/**/*.ts`, '!lib/redis/**/*.spec.ts', '!lib/redis/**/index.ts'],
  jest: { configFile: 'lab/mutation/jest.redis.config.mjs', enableFindRelatedTests: false },
  // Each test has a time-out of its own, so this is for those that never yield.
  timeoutMS: 10_000,
  htmlReporter: { fileName: `lab/temp/mutation/redis-${folder}.html` },
  jsonReporter: { fileName: `lab/temp/mutation/redis-${folder}.json` },
};
