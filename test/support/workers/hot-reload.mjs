/**
 * Bundles main.js of a compiled application with webpack's replacement of modules, as Nest's recipe for hot reload does,
 * watches its files, and runs the bundle in this process.
 *
 *     node hot-reload.mjs <folder>
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import webpack from 'webpack';

const folder = process.argv[2];
const compiler = webpack({
  context: folder,
  mode: 'development',
  devtool: false,
  // The least that has `import()`, which is how packages are loaded.
  target: 'node20',
  entry: ['webpack/hot/signal?SIGUSR2', './main.js'],
  externals: [({ request }, resolved) => (isPackage(request) ? resolved(null, request) : resolved())],
  externalsType: 'import',
  module: { rules: [{ test: /\.js$/, type: 'javascript/auto' }] },
  output: {
    path: join(folder, 'bundle'),
    filename: 'main.cjs',
    hotUpdateChunkFilename: '[id].[fullhash].hot-update.cjs',
  },
  plugins: [new webpack.HotModuleReplacementPlugin()],
});

let isRunning = false;
compiler.watch({ aggregateTimeout: 20 }, (error, stats) => {
  if (error || stats.hasErrors()) throw error ?? new Error(stats.toString());
  // Not before the update is written, which who polls may read half.
  if (isRunning) process.emit('SIGUSR2');
  else createRequire(import.meta.url)(join(folder, 'bundle/main.cjs'));
  isRunning = true;
});

function isPackage(request) {
  return /^[@a-z]/.test(request) && !request.startsWith('webpack/');
}
