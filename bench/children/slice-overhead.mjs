/** Times slices of a job that does nothing, one after the other, with the telemetry named: microseconds each. */
import { median } from '../paired.mjs';
import { awaitsOf } from '../subjects/loops.mjs';
import { openTelemetry, recruiterBeside, statsd, subscribeToSlices } from '../subjects/telemetry.mjs';

const [wanted, rounds] = process.argv.slice(2);
const on = wanted.split('+');
const modules = [];
if (on.includes('opentelemetry')) modules.push(openTelemetry());
if (on.includes('statsd')) modules.push(await statsd());
if (on.includes('diagnostics')) subscribeToSlices();

const { recruiter } = await recruiterBeside(modules);
recruiter.install({ recruited() {} }, 'nothing', 1);
const time = awaitsOf(recruiter, 'enlist');
const SLICES = 2000;
for (let i = 0; i < 10; i++) await time(SLICES);
const each = [];
for (let i = 0; i < Number(rounds); i++) {
  each.push(((await time(SLICES)) / SLICES) * 1000);
  // What is sent and exported in the background has its turn.
  await new Promise(setImmediate);
}
console.log(JSON.stringify({ microseconds: median(each) }));
process.exit();
