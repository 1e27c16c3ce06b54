/** What is measured: the compiled package, as `npm run bench:redis` builds it. */
export * from '../../temp/bench-redis/redis/index.js';
export { runScript } from '../../temp/bench-redis/redis/script.js';
export { LUA } from '../../temp/bench-redis/redis/scripts.generated.js';
