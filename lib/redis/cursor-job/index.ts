export type { Cursor } from './cursor.js';
export { CursorJob } from './cursor-job.js';
export type { CursorJobOptions } from './cursor-job.options.js';
export type { CursorSlice } from './cursor-slice.js';
export type { DeadItem } from './dead-item.js';
export type { Page } from './page.js';
export type { CursorProgress } from './progress.js';
