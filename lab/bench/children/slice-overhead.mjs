/** Times slices of a job that does nothing, one after the other, with the telemetry named: microseconds each. */
import { median } from '../../measure/paired.mjs';
import { awaitsOf } from '../subjects/loops.mjs';
import { modulesOf, recruiterBeside } from '../subjects/telemetry.mjs';

const [telemetry, redis, rounds] = process.argv.slice(2);
const { recruiter } = await recruiterBeside(await modulesOf(telemetry, redis));
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
