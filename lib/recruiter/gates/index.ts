export { BusyGate } from './busy.gate.js';
export { ClosingGate } from './closing.gate.js';
export { CoordinationGate } from './coordination.gate.js';
export { DutyGate } from './duty.gate.js';
export type { Gate } from './gate.js';
export { LoadGate, type LoadRamp } from './load.gate.js';
export { PausedGate } from './paused.gate.js';
