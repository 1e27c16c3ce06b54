import { child } from './child.mjs';
import { median } from './paired.mjs';
import { row, times } from './table.mjs';

/** What OpenTelemetry, StatsD and a subscriber of the diagnostics channels cost: enlistments nothing, slices little. */
export async function rows(mode) {
  const dismissed = await dismissal(mode);
  const bare = await slice('none', mode);
  const opentelemetry = await slice('opentelemetry', mode);
  const statsd = await slice('statsd', mode);
  const diagnostics = await slice('diagnostics', mode);
  const all = await slice('opentelemetry+statsd+diagnostics', mode);
  return [
    row(
      '`enlistDetached()` dismissed, with OpenTelemetry and StatsD on, against without',
      'at most 1.1 times',
      times(dismissed),
      dismissed <= 1.1,
    ),
    row('a slice that does nothing, without telemetry', 'under 20 µs', micro(bare), bare < 20),
    row(
      'the same with OpenTelemetry: metrics and spans',
      'under 20 µs',
      micro(opentelemetry),
      opentelemetry < 20,
    ),
    row('the same with StatsD', 'under 20 µs', micro(statsd), statsd < 20),
    row('the same with a diagnostics subscriber', 'under 20 µs', micro(diagnostics), diagnostics < 20),
    row('the same with all three', 'under 20 µs', micro(all), all < 20),
  ];
}

const micro = (microseconds) => `${microseconds.toFixed(1)} µs`;

async function dismissal({ processes, rounds, turn }) {
  const ratios = [];
  for (let i = 0; i < processes; i++) {
    ratios.push((await child('watched-dismissal', { args: [rounds, turn] })).ratio);
  }
  return median(ratios);
}

/** The median of several processes, of a job that each time begins with an empty heap. */
async function slice(telemetry, { processes, rounds }) {
  const each = [];
  for (let i = 0; i < processes; i++) {
    each.push((await child('slice-overhead', { args: [telemetry, rounds] })).microseconds);
  }
  return median(each);
}
