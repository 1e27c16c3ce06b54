/** What is measured: the compiled package, as `npm run bench:cache` builds it. */
export { EarlyRefreshCache } from '../../temp/bench-cache/cache/index.js';
