import { resolve } from 'node:path';
import base from '../jest.config.mjs';

/** The lab's own tests, by the project's jest: `npm test`. */
/** @type {import('jest').Config} */
export default { ...base, rootDir: resolve(import.meta.dirname, '..'), roots: ['<rootDir>/lab/test'] };
