export type { FleetOptions } from './fleet.options.js';
