/** What is measured: the compiled package, as `npm run bench:redis` builds it. */
export * from '../../temp/bench-redis/redis/index.js';
export { runScript } from '../../temp/bench-redis/redis/script.js';
export { LUA } from '../../temp/bench-redis/redis/scripts.generated.js';

const fleet = '../../temp/bench-redis/redis/fleet';
const parts = await Promise.all(
  [
    'complaints',
    'connectivity',
    'facts-codec',
    'fleet-keys',
    'jobs-codec',
    'look',
    'orders-store',
    'publisher',
    'runs',
    'watch',
  ].map((name) => import(`${fleet}/${name}.js`)),
);
const { FleetSum } = await import('../../temp/bench-redis/fleet/fleet-sum.js');
/** What a process of a fleet is made of, without the application around it. */
export const FleetParts = Object.assign({ FleetSum }, ...parts);
