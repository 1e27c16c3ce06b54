export { promtool } from './promtool.mjs';
export { startPrometheus } from './server.mjs';
