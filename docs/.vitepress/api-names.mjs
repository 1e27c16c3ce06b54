import manifest from '../../package.json' with { type: 'json' };

/** What each entry point of the package is for, as the reference's first page tells it. */
export const SUBPATHS = {
  '.': 'the module, decorators, the interceptor, `Recruiter`',
  './redis': 'connection, fail-fast client, and structures whose upkeep is a job',
  './cache': 'a cache that never stampedes and whose hits enlist',
  './prometheus': 'metrics by prom-client',
  './fleet': 'fleet view and control, advice on rates',
  './opentelemetry': 'metrics and traces',
  './statsd': 'the same numbers by hot-shots',
  './terminus': 'health indicator for @nestjs/terminus',
  './dashboard': 'the dashboard, mounted in the application',
  './testing': 'chance, time and load taken out of tests',
};

/** What is written in an import: `nestjs-work-stealing/cache` for `./cache`. */
export function importOf(subpath) {
  return manifest.name + subpath.slice(1);
}
