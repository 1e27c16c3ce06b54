/** Compares dismissals in an application with the telemetry named with those in one without. */
import { paired } from '../../measure/paired.mjs';
import { callsOf } from '../subjects/loops.mjs';
import { modulesOf, recruiterBeside } from '../subjects/telemetry.mjs';

const [telemetry, redis, rounds, turn] = process.argv.slice(2);
const modules = await modulesOf(telemetry, redis);
const applications = [await recruiterBeside(modules), await recruiterBeside([])];
const [watched, alone] = applications.map(({ recruiter }) => {
  // So low that nobody is recruited: it is dismissals that are timed.
  recruiter.install({ recruited() {} }, 'rare', 1e-13);
  return callsOf(recruiter);
});
console.log(JSON.stringify(await paired(watched, alone, { rounds: Number(rounds), turn: Number(turn) })));
process.exit();
