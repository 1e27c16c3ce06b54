import { resolve } from 'node:path';
import base from '../../jest.config.mjs';

/** What a mutation run repeats for each mutant: the domain's own tests, which need no server and no clock on the wall. */
/** @type {import('jest').Config} */
export default {
  ...base,
  rootDir: resolve(import.meta.dirname, '../..'),
  roots: ['<rootDir>/lib/options', '<rootDir>/lib/recruiter'],
};
