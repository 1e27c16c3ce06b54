export type { QueuePage, QueueSource } from './queue-source.js';
export { QueueTracker, type QueueTrackerOptions } from './queue-tracker.js';
