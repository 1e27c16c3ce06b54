import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import { median } from '../measure/paired.mjs';
import { row } from './table.mjs';

const CONNECTIONS = 20;
const SERVER = fileURLToPath(new URL('./children/server.mjs', import.meta.url));

/** What recruiting takes from the requests of a server that is driven as hard as it can be, on each platform. */
export async function rows(mode) {
  const found = [];
  for (const platform of ['express', 'fastify']) {
    const { rate, p99, cpu } = await compare(platform, mode);
    found.push(
      row(
        `requests/s of a decorated handler against bare, ${platform}`,
        'at least 0.98',
        rate.toFixed(3),
        rate >= 0.98,
      ),
      row(`p99 of the same, ${platform}`, 'at most 1.05 times', `${p99.toFixed(3)} times`, p99 <= 1.05),
      row(
        `requests per second of CPU time of the same, ${platform}`,
        'at least 0.98',
        cpu.toFixed(3),
        cpu >= 0.98,
      ),
    );
  }
  return found;
}

/** Several pairs of servers: what V8 makes of one process differs from the next by as much as is looked for. */
async function compare(platform, { servers, pairs, seconds }) {
  const results = [];
  for (let i = 0; i < servers; i++) results.push(...(await drivePair(platform, pairs, seconds)));
  const ratio = (figure) => median(results.map(({ bare, decorated }) => decorated[figure] / bare[figure]));
  return { rate: ratio('rate'), p99: ratio('p99'), cpu: ratio('perCpuSecond') };
}

async function drivePair(platform, pairs, seconds) {
  const servers = { bare: await start(platform, 'bare'), decorated: await start(platform, 'decorated') };
  try {
    for (const server of Object.values(servers)) await drive(server, seconds);
    const results = [];
    for (let pair = 0; pair < pairs; pair++) {
      const order = pair % 2 === 0 ? ['bare', 'decorated'] : ['decorated', 'bare'];
      const result = {};
      for (const variant of order) result[variant] = await drive(servers[variant], seconds);
      results.push(result);
    }
    const { enlistments } = await ask(servers.decorated.process);
    if (enlistments === 0) throw new Error('The decorated handler does not enlist');
    return results;
  } finally {
    for (const server of Object.values(servers)) server.process.disconnect();
  }
}

async function start(platform, variant) {
  const process = fork(SERVER, [platform, variant]);
  const [{ url }] = await once(process, 'message');
  return { process, url };
}

async function ask(process) {
  process.send('figures');
  const [figures] = await once(process, 'message');
  return figures;
}

/** autocannon's own percentiles are whole milliseconds, so the times of all responses are kept here. */
async function drive({ process, url }, seconds) {
  const times = [];
  const before = await ask(process);
  const run = autocannon({ url, connections: CONNECTIONS, duration: seconds });
  run.on('response', (_client, status, _bytes, ms) => {
    if (status !== 200) throw new Error(`${url} answered ${status}`);
    times.push(ms);
  });
  const { duration } = await run;
  const { cpu } = await ask(process);
  times.sort((a, b) => a - b);
  return {
    rate: times.length / duration,
    p99: times[Math.floor(times.length * 0.99)],
    perCpuSecond: (times.length * 1000) / (cpu - before.cpu),
  };
}
