export type { StreamEntry } from './stream-group.js';
export { StreamReaper, type StreamReaperOptions } from './stream-reaper.js';
