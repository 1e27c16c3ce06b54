/**
 * What the site shows beside every page. Each document stands here once: `npm run docs` fails otherwise.
 *
 * @type {{ text: string, items: [title: string, link: string][] }[]}
 */
export const pages = [
  {
    text: 'Start',
    items: [
      ['Get started', '/get-started'],
      ['Concepts', '/concepts'],
      ['By rate, every, or until done?', '/choosing-a-rate'],
      ['Every', '/every'],
      ['Jobs and options', '/jobs-and-options'],
      ['Writing good slices', '/writing-good-slices'],
      ['Testing', '/testing'],
      ['Nothing happens?', '/nothing-happens'],
    ],
  },
  {
    text: 'Build',
    items: [
      ['Caching', '/caching'],
      ['Configuration', '/configuration'],
    ],
  },
  {
    text: 'Redis and Valkey',
    items: [
      ['Connection and overview', '/redis/'],
      ['CursorJob: backfills', '/redis/cursor-job'],
      ['VolatileHashes', '/redis/volatile-hashes'],
      ['VolatileSet', '/redis/volatile-set'],
      ['Rollup', '/redis/rollup'],
      ['QueueTracker', '/redis/queue-tracker'],
      ['StreamReaper', '/redis/stream-reaper'],
      ['KeyspaceSweep', '/redis/keyspace-sweep'],
      ['Leases and paces', '/redis/leases-and-paces'],
      ['Clients, Cluster, Sentinel', '/redis/connection'],
      ['Two servers', '/redis/two-servers'],
      ['Permissions', '/redis/permissions'],
      ['Eviction', '/redis/eviction'],
    ],
  },
  {
    text: 'Recipes',
    items: [
      ['All recipes', '/recipes/'],
      ['SQL: TypeORM, Drizzle, MikroORM, Prisma', '/recipes/sql'],
      ['Sessions and tokens', '/recipes/sessions'],
      ['Outbox relay', '/recipes/outbox'],
      ['Tenants', '/recipes/tenants'],
      ['End-to-end tests', '/recipes/end-to-end-tests'],
      ['@nestjs/throttler', '/recipes/throttler'],
      ['BullMQ clean', '/recipes/bullmq-clean'],
      ['Sentry and Observe', '/recipes/errors'],
      ['HTTP', '/recipes/http'],
      ['Queues', '/recipes/queues'],
      ['Schedules', '/recipes/schedule'],
      ['Microservices', '/recipes/microservices'],
      ['WebSockets', '/recipes/websockets'],
      ['GraphQL', '/recipes/graphql'],
      ['@nestjs/cache-manager', '/recipes/caching'],
      ['Scripts, threads, hot reload', '/recipes/standalone'],
      ['Work after the response', '/recipes/after-the-response'],
      ['Lottery clean-up in PHP', '/recipes/lottery-clean-up'],
    ],
  },
  {
    text: 'Operate',
    items: [
      ['Operating and runbook', '/operating'],
      ['Prometheus, Grafana, alerts', '/monitoring'],
      ['OpenTelemetry, StatsD', '/telemetry'],
      ['Health checks', '/health'],
      ['Fleet view and live control', '/fleet'],
      ['Dashboard', '/dashboard'],
      ['Security', '/security'],
    ],
  },
  {
    text: 'Understand',
    items: [
      ['Guarantees and limits', '/guarantees'],
      ['How a worker decides', '/how-it-decides'],
      ['Scaling', '/scaling'],
      ['Compared with', '/comparison'],
      ['Coming from @nestjs/schedule', '/migrating-from-schedule'],
      ['Compatibility', '/compatibility'],
      ['Benchmarks', '/benchmarks'],
      ['Mutation tests', '/mutation'],
    ],
  },
  {
    text: 'Reference',
    items: [
      ['API', '/api/'],
      ['For library authors', '/for-library-authors'],
      ['Architecture', '/architecture'],
    ],
  },
];
