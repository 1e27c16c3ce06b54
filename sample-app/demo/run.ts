import { open, type FileHandle } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { SeededRandom } from 'nestjs-work-stealing/testing';
import { FilmCatalogue } from '../src/films/film-catalogue.js';
import { addressesOf } from './screen/addresses.js';
import { UsageError, type Arguments } from './arguments.js';
import { Fleet } from './fleet/fleet.js';
import { findRedis, type FoundRedis } from './redis.js';
import { screenFor, type Screen } from './screen/screen.js';
import type { FleetStatus } from './fleet/status.js';
import { StopSignal } from './stop-signal.js';
import { summaryOf } from './screen/summary.js';
import { TrafficReplay } from './traffic/traffic-replay.js';
import { TrafficShape } from './traffic/traffic-shape.js';
import { Zipf } from './traffic/zipf.js';

/** How long the replay takes for one day: ms. */
const DAY = 12_000;
/** ms between two looks at the fleet. */
const REFRESH = 500;

/**
 * The main job: Redis, a fleet, its visitors and a screen, from the first to the last.
 *
 * @throws UsageError when the summary cannot be written; Error when there is no Redis, or the fleet cannot be kept up.
 */
export async function run(args: Arguments): Promise<void> {
  const json = args.json === undefined ? undefined : await openForWriting(args.json);
  const stop = new StopSignal();
  const screen = screenFor(process.stdout);
  const redis = await findRedis((line) => screen.log(line));
  screen.log(`Redis at ${redis.description}`);
  try {
    const status = await runFleet(args, redis, screen, stop.given);
    screen.end(status);
    await json?.writeFile(`${JSON.stringify(summaryOf(status), undefined, 2)}\n`);
  } finally {
    await json?.close();
    await redis.stop();
    stop.release();
  }
}

/** Before anything is started: not to be told after a long run that there is no such directory. */
async function openForWriting(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'w');
  } catch (error) {
    throw new UsageError(`--json is "${file}", which cannot be written: ${(error as Error).message}`);
  }
}

/** Runs the fleet until it is stopped, and says how it was at the end. */
async function runFleet(
  args: Arguments,
  redis: FoundRedis,
  screen: Screen,
  stopped: Promise<void>,
): Promise<FleetStatus> {
  const fleet = new Fleet({
    workers: args.workers,
    env: { REDIS_URL: redis.url },
    log: (line) => screen.log(line),
  });
  const films = FilmCatalogue.load().idsByVotes();
  const traffic = args.traffic ? replayFor(fleet, films, args) : undefined;
  let begun = performance.now();
  const status = () => {
    const elapsed = performance.now() - begun;
    return fleet.status({ elapsed, redis: redis.description, traffic: traffic?.description });
  };
  let refresh: NodeJS.Timeout | undefined;
  try {
    await Promise.race([fleet.ready(), fleet.failed, stopped]);
    if (args.traffic) await Promise.race([fleet.warmUp(films.toReversed()), fleet.failed, stopped]);
    begun = performance.now();
    for (const line of addressesOf(status())) screen.log(line);
    traffic?.start();
    refresh = setInterval(() => screen.show(status()), REFRESH);
    await Promise.race([stopped, fleet.failed, durationOf(args)]);
  } finally {
    clearInterval(refresh);
    await traffic?.stop();
    await fleet.stop();
  }
  return status();
}

function replayFor(fleet: Fleet, films: readonly number[], { requests, seed }: Arguments): TrafficReplay {
  const random = new SeededRandom(seed);
  const popularity = new Zipf(films.length, random);
  return new TrafficReplay({
    mean: requests,
    shape: TrafficShape.ofGitHub(DAY),
    random,
    nextFilm: () => films[popularity.next()]!,
    visit: (film) => fleet.visit(film),
  });
}

/** Unref'd: a run that is stopped before does not wait for it. */
function durationOf({ duration }: Arguments): Promise<void> {
  return duration === undefined ? new Promise(() => {}) : wait(duration, undefined, { ref: false });
}
