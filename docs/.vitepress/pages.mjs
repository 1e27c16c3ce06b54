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
      ['Choosing a rate', '/choosing-a-rate'],
      ['Writing good slices', '/writing-good-slices'],
      ['Testing', '/testing'],
      ['Nothing happens?', '/nothing-happens'],
    ],
  },
  {
    text: 'Build',
    items: [
      ['Redis jobs', '/redis'],
      ['Caching', '/caching'],
      ['Recipes', '/recipes/'],
      ['HTTP', '/recipes/http'],
      ['Queues', '/recipes/queues'],
      ['Schedules', '/recipes/schedule'],
      ['Microservices', '/recipes/microservices'],
      ['WebSockets', '/recipes/websockets'],
      ['GraphQL', '/recipes/graphql'],
      ['@nestjs/cache-manager', '/recipes/caching'],
      ['Scripts, threads, hot reload', '/recipes/standalone'],
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
