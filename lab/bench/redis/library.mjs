/** What is measured: the library, compiled file by file by `npm run compile`, with parts that no package hands out. */
export * from '../../temp/library/redis/index.js';
export { runScript } from '../../temp/library/redis/lua/script.js';
export { LUA } from '../../temp/library/redis/lua/scripts.generated.js';

const fleet = '../../temp/library/redis/fleet';
const parts = await Promise.all(
  [
    'connectivity',
    'fleet-keys',
    'fleet-reader',
    'heartbeat-codec',
    'jobs-codec',
    'order-poller',
    'orders-store',
    'publisher',
    'run-requests',
  ].map((name) => import(`${fleet}/${name}.js`)),
);
const { FleetSum } = await import('../../temp/library/fleet/fleet-sum.js');
const { Log } = await import('../../temp/library/logging/log.js');
/** What a process of a fleet is made of, without the application around it. */
export const FleetParts = Object.assign({ FleetSum, Log }, ...parts);
