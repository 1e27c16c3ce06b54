/** Compares dismissals in an application with OpenTelemetry and StatsD with those in one without. */
import { paired } from '../paired.mjs';
import { callsOf } from '../subjects/loops.mjs';
import { openTelemetry, recruiterBeside, statsd } from '../subjects/telemetry.mjs';

const [rounds, turn] = process.argv.slice(2).map(Number);
const applications = [await recruiterBeside([openTelemetry(), await statsd()]), await recruiterBeside([])];
const [watched, alone] = applications.map(({ recruiter }) => {
  // So low that nobody is recruited: it is dismissals that are timed.
  recruiter.install({ recruited() {} }, 'rare', 1e-13);
  return callsOf(recruiter);
});
console.log(JSON.stringify(await paired(watched, alone, { rounds, turn })));
process.exit();
