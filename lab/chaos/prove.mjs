/**
 * Shows that the models can fail: breaks a copy of the compiled library in one place at a time, lets the fleet suffer for
 * some seconds, and expects the violation that belongs to it. `npm run chaos:prove`, or `-- --only lease,pace`.
 *
 * Ends with 1 if any sabotage went unnoticed.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const BUILT = 'temp/chaos';
const BROKEN = 'temp/chaos-broken';

/** What is broken, where; under which faults it shows, and what has to be said of it. */
const SABOTAGES = [
  {
    name: 'fields are served past their time',
    file: 'lib/redis/lua/scripts.generated.js',
    from: 'if due[i] and tonumber(due[i]) <= now then',
    to: 'if due[i] and tonumber(due[i]) <= now - 600000 then',
    expected: /VolatileHashes: served past its time/,
  },
  {
    name: 'fields are reaped before their time',
    file: 'lib/redis/lua/scripts.generated.js',
    from: "local fields = redis.call('ZRANGE', due, '-inf', now,",
    to: "local fields = redis.call('ZRANGE', due, '-inf', now + 4000,",
    expected: /VolatileHashes: lost before its time/,
  },
  {
    name: 'members are served past their time',
    file: 'lib/redis/lua/scripts.generated.js',
    from: 'left[i] = due > now and due - now or -2',
    to: 'left[i] = due > now - 600000 and 600000 or -2',
    expected: /VolatileSet: served past its time/,
  },
  {
    name: 'counts are folded and stay pending',
    file: 'lib/redis/lua/scripts.generated.js',
    from: "redis.call('HDEL', KEYS[i], unpack(fields))\n  end\n  if failure",
    to: "redis.call('HDEL', KEYS[i], fields[1])\n  end\n  if failure",
    expected: /Rollup: /,
  },
  {
    name: 'a cursor moves past items that failed',
    file: 'lib/cursor-job/batch-step.js',
    from: 'const changed = await this.callbacks.process(page.items, slice, context);',
    to: 'const changed = Math.random() < 0.9 ? await this.callbacks.process(page.items, slice, context) : 0;',
    expected: /CursorJob: item \d+ was visited/,
  },
  {
    name: 'identifiers that have left the queue stay in the set',
    file: 'lib/redis/lua/scripts.generated.js',
    from: "if redis.call('HGET', KEYS[1], ARGV[i]) == ARGV[i + 1] then",
    to: 'if false then',
    expected: /QueueTracker: \d+ of \d+ ids are not as in the queue/,
  },
  {
    name: 'entries are acknowledged unhandled',
    file: 'lib/redis/stream-reaper/stream-reaper.js',
    from: 'await this.#options.handler(entry, slice);',
    to: 'if (Math.random() < 0.9) await this.#options.handler(entry, slice);',
    expected: /StreamReaper: \d+ letters are neither handled nor dead/,
  },
  {
    name: 'a sweep ends after its first page',
    file: 'lib/redis/keyspace-sweep/keyspace-sweep.js',
    from: "if (position.scan !== '0')",
    to: 'if (false)',
    expected: /KeyspaceSweep: \d+ keys of junk are left/,
  },
  {
    name: 'everybody gets the lease',
    file: 'lib/redis/lua/scripts.generated.js',
    from: "if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then",
    to: "if not redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) then",
    expected: /leases and paces: two slices at a time/,
  },
  {
    name: 'everybody fits the pace',
    file: 'lib/redis/lua/scripts.generated.js',
    from: 'if now < next then\n  wait',
    to: 'if false then\n  wait',
    expected: /leases and paces: \d+ slices of the job with a pace/,
  },
  {
    name: 'values of the cache live a hundred times as long',
    file: 'lib/cache/entry.options.js',
    from: 'ttl: Math.ceil(ttl),',
    to: 'ttl: Math.ceil(ttl) * 100,',
    expected: /EarlyRefreshCache: the value of key \d+ is/,
  },
  {
    name: 'orders to the fleet do not arrive',
    file: 'lib/redis/fleet/order-poller.js',
    from: 'if (revision > orders.revision)',
    to: 'if (false)',
    expected: /FleetService: the rate of "pass"/,
  },
  {
    name: 'a slice makes its request fail',
    file: 'lib/enlist/completion.js',
    from: 'this.recruiter.enlistDetached();',
    to: "{ this.recruiter.enlistDetached(); if (Math.random() < 0.001) throw new Error('of a slice'); }",
    expected: /a request failed: .*status 500/,
  },
  {
    name: 'requests wait for their slices while Redis is away',
    file: 'lib/recruiter/slice/slice-runner.js',
    from: 'runLater(job, origin, quietly) {',
    to: 'runLater(job, origin, quietly) { for (const end = performance.now() + 200; performance.now() < end;);',
    faults: 'SIGSTOP',
    minutes: 2,
    expected: /p99 of a page while Redis is away/,
  },
  {
    name: 'a rejection that nobody handles',
    file: 'lib/recruiter/slice/slice-runner.js',
    from: 'runLater(job, origin, quietly) {',
    to: "runLater(job, origin, quietly) { if (Math.random() < 0.01) void Promise.reject(new Error('nobody'));",
    expected: /unhandled in worker \d+: Error: nobody/,
  },
  {
    name: 'a job that ignores its signal keeps its place for ever',
    file: 'lib/recruiter/slice/slice-runner.js',
    from: 'const settled = await run.settled;',
    to: 'const settled = await new Promise(() => {});',
    minutes: 0.5,
    expected: /slices are in flight, and nobody enlists/,
  },
  {
    name: 'each slice leaves a timer behind',
    file: 'lib/recruiter/slice/slice-runner.js',
    from: 'runLater(job, origin, quietly) {',
    to: 'runLater(job, origin, quietly) { setInterval(() => {}, 1e6).unref();',
    expected: /\d+ of timers of JavaScript; at first/,
  },
  {
    name: 'each slice leaves a listener behind',
    file: 'lib/recruiter/slice/slice-runner.js',
    from: 'runLater(job, origin, quietly) {',
    to: "runLater(job, origin, quietly) { process.on('SIGUSR2', () => {});",
    expected: /\d+ of listeners of the process; at first/,
  },
  {
    name: 'a client that is cut off never connects again',
    file: 'lib/redis/connection/fail-fast.js',
    from: /retryStrategy: \(attempt\) => .*$/m,
    to: 'retryStrategy: () => null,',
    faults: 'all connections cut',
    expected: /no slice within .* of: all connections cut/,
  },
  {
    name: 'a master is never followed to where it went',
    file: 'lab/chaos/worker/redis.js',
    from: 'natMap: address.natMap,',
    to: 'natMap: address.natMap, maxRedirections: 0, slotsRefreshInterval: 0, slotsRefreshTimeout: 1,',
    faults: 'failover of a master that was killed',
    on: 'cluster',
    expected: /on a Cluster: /,
  },
];

const { values } = parseArgs({ options: { only: { type: 'string' } } });
const wanted = SABOTAGES.filter(
  ({ name }) => values.only?.split(',').some((part) => name.includes(part)) ?? true,
);
execFileSync('node', ['chaos/build.mjs'], { stdio: 'inherit' });
const unnoticed = wanted.filter((sabotage) => !isNoticed(sabotage)).map(({ name }) => name);
rmSync(BROKEN, { recursive: true, force: true });
console.log(
  unnoticed.length === 0
    ? `VERDICT: each of ${wanted.length} sabotages was noticed`
    : `VERDICT: ${unnoticed.length} of ${wanted.length} sabotages went unnoticed: ${unnoticed.join('; ')}`,
);
process.exitCode = unnoticed.length === 0 ? 0 : 1;

function isNoticed({
  name,
  file,
  from,
  to,
  faults = 'SCRIPT FLUSH',
  on = 'one-server',
  minutes = 0.4,
  expected,
}) {
  rmSync(BROKEN, { recursive: true, force: true });
  cpSync(BUILT, BROKEN, { recursive: true });
  const path = `${BROKEN}/${file}`;
  const whole = readFileSync(path, 'utf8');
  const broken = typeof from === 'string' ? whole.replaceAll(from, () => to) : whole.replace(from, () => to);
  if (broken === whole) {
    console.log(`UNNOTICED  ${name}: ${file} has changed, nothing was broken`);
    return false;
  }
  writeFileSync(path, broken);
  const options = [
    '--minutes',
    minutes,
    '--processes',
    3,
    '--seed',
    1,
    '--on',
    on,
    '--only',
    faults,
    '--patience',
    15,
  ];
  const { stdout, stderr } = spawnSync('node', [`${BROKEN}/lab/chaos/main.js`, ...options.map(String)], {
    encoding: 'utf8',
    timeout: 400_000,
  });
  const found = stdout.split('\n').find((line) => expected.test(line) && !line.startsWith('p99'));
  console.log(
    `${found === undefined ? 'UNNOTICED' : 'noticed  '}  ${name}${found === undefined ? '' : `: ${found.trim()}`}`,
  );
  if (found === undefined) console.log(`${stdout}\n${stderr}`.replace(/^/gm, '    '));
  return found !== undefined;
}
