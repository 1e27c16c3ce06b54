/** Mutation tests of the domain, `npm run mutate`, which runs in the project's root, where jest is: half an hour on 2 cores. */
/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  mutate: ['lib/{options,recruiter}/**/*.ts', '!lib/{options,recruiter}/**/*.spec.ts'],
  testRunner: 'jest',
  jest: { configFile: 'lab/mutation/jest.config.mjs', enableFindRelatedTests: true },
  testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  coverageAnalysis: 'perTest',
  checkers: [],
  concurrency: 2,
  // vm modules leak with every run of the suite.
  maxTestRunnerReuse: 40,
  // A mutant that is slow because the machine is busy must not count as one that was caught.
  timeoutMS: 20_000,
  timeoutFactor: 2,
  ignorePatterns: [
    'dist',
    'coverage',
    'temp',
    'docs',
    'api',
    'lab/{bench,chaos,peers,simulator,temp}',
    '*.tgz',
  ],
  reporters: ['clear-text', 'progress', 'html', 'json'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  htmlReporter: { fileName: 'lab/temp/mutation/recruiter.html' },
  jsonReporter: { fileName: 'lab/temp/mutation/recruiter.json' },
};
