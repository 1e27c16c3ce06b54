/**
 * Installs the packed library in real applications (test/fixtures), and type-checks, compiles, tests and runs them with
 * all that scripts/fixtures/matrix.mjs lists; then generates applications with the CLI by the commands of the docs, and
 * follows docs/get-started.md in one of them. With `--ci` only what .ci/run has the time for: Nest 12, on this machine's
 * Redis; .ci/matrix runs all of it.
 * Run `npm run build` first.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildCommand, checkTypes, layOut } from './fixtures/application.mjs';
import { command } from './fixtures/command.mjs';
import { tryCommonJs, tryNestNew, tryNestNew11 } from './fixtures/generated-application.mjs';
import {
  ADAPTERS,
  APPLICATIONS,
  INSTALLS,
  nameOf,
  NODES,
  serverOf,
  SERVERS,
  TEST_RUNNERS,
  TYPE_CHECKS,
} from './fixtures/matrix.mjs';
import { blockUnder, specsOf } from './fixtures/documents.mjs';
import { tryGetStarted } from './fixtures/get-started.mjs';
import { serveRegistry } from './fixtures/registry.mjs';
import { Steps } from './fixtures/steps.mjs';
import { Toolbox } from './fixtures/toolbox.mjs';
import { pack } from './pack.mjs';
import { startRedis } from './redis/index.mjs';

const { values: options } = parseArgs({ options: { ci: { type: 'boolean', default: false } } });
/** Names of what is installed. */
const installs = Object.keys(INSTALLS).filter((name) => !options.ci || INSTALLS[name].nest === 12);
/** Bytes that all of it takes, and some more. */
const ROOM = 3e9;
const root = join(import.meta.dirname, '..');
const fixtures = join(root, 'test/fixtures');
const workFolder = mkdtempSync(join(roomiest(), 'work-stealing-fixtures-'));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const steps = new Steps();
const started = performance.now();

const { tarball } = pack(workFolder);
const registry = await serveRegistry(tarball, manifest);
/** The servers that were started, by name. */
const servers = new Map();
try {
  for (const { name, release } of SERVERS.slice(0, options.ci ? 1 : SERVERS.length)) {
    servers.set(name, await startRedis({ release, onProgress }));
  }
  await tryAll();
} finally {
  registry.close();
  for (const server of servers.values()) await server.stop();
  rmSync(workFolder, { recursive: true, force: true });
}
console.log(`\n${steps}\nTook ${((performance.now() - started) / 1000).toFixed(0)} s.`);
process.exitCode = steps.failures > 0 ? 1 : 0;

/** The one of this machine in place of those that were not started. */
function redis(preferred) {
  const name = servers.has(preferred) ? preferred : SERVERS[0].name;
  return { name, url: servers.get(name).url };
}

/** In memory where there is room: it is 100,000 files that live for minutes. */
function roomiest() {
  const memory = '/dev/shm';
  if (!existsSync(memory)) return tmpdir();
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize > ROOM && freemem() > 2 * ROOM ? memory : tmpdir();
}

function onProgress(line) {
  console.log(line);
}

/** A step that fails is in the table; what builds on it is left out, and the rest goes on. */
async function tryAll() {
  const tools = steps.run('Install Node 22 and 24, TypeScript 5.9, 6 and 7', () => install('tools', []));
  const installed = installs.map(async (name) => {
    const peers = INSTALLS[name].peers ? optionalPeers(name) : [];
    const folder = await steps.run(`Install ${name}`, () => install(name, [tarball, ...peers]));
    const toolbox = new Toolbox(await tools);
    const applications = APPLICATIONS.filter((application) => application.install === name);
    const all = applications.map((application) => tryApplication(application, folder, toolbox));
    if (name === 'nest11')
      all.push(
        tryJest(folder),
        Promise.allSettled(all).then(() => tryWithoutPeers(folder)),
      );
    else all.push(tryGenerators(folder, toolbox));
    await settled(all);
  });
  await settled([tools, ...installed]);
}

async function tryApplication(application, installed, toolbox) {
  const title = nameOf(application);
  const folder = layOut(application, installed);
  const loaded = JSON.parse(
    await steps.run(`${title}: every subpath export`, () => command(folder, ['node', 'subpaths.mjs'])),
  );
  const imports = loaded.map((subpath) => `export type * from '${subpath.replace(/^\./, manifest.name)}';\n`);
  writeFileSync(join(folder, 'src/subpaths.ts'), imports.join(''));
  const checks = TYPE_CHECKS.filter((check) => APPLICATIONS[check.application] === application);
  await settled([
    ...checks.map((check) =>
      steps.run(`${title}: types, TypeScript ${check.typescript}, ${check.resolution}`, () =>
        checkTypes(folder, check, toolbox),
      ),
    ),
    tryRunning(application, folder, installed, toolbox),
  ]);
}

async function tryRunning(application, folder, installed, toolbox) {
  const title = nameOf(application);
  await steps.run(`${title}: ${application.builder}`, () =>
    command(folder, buildCommand(application, installed, toolbox)),
  );
  await settled(
    NODES.map((version) => {
      const { name, url } = redis(serverOf(application, version).name);
      const env = { REDIS_URL: url };
      return steps.run(`${title}: Node ${version}, ${ADAPTERS.join(' and ')}, ${name}`, async () => {
        await command(folder, [toolbox.node(version), 'dist/main.js', ...ADAPTERS]);
        await command(folder, [toolbox.node(version), 'dist/redis.js'], env);
      });
    }),
  );
}

/** With the setting that the documentation names, and its specs, as they stand there. */
function tryJest(installed) {
  const { node, how } = TEST_RUNNERS.transformed;
  return steps.run(`nest11: Jest, CommonJS, Node ${node}, ${how}`, () => {
    const folder = join(installed, 'jest');
    for (const source of ['app', 'specs']) {
      cpSync(join(fixtures, source), join(folder, 'src'), { recursive: true });
    }
    writeFileSync(
      join(folder, 'jest.config.cjs'),
      blockUnder('docs/testing.md', 'Jest in a CommonJS project', 'js'),
    );
    for (const { path, code } of specsOf('docs/testing.md')) writeFileSync(join(folder, 'src', path), code);
    const jest = join(installed, 'node_modules/jest/bin/jest.js');
    // The fixtures' source is an ES module elsewhere, and says .js; a CommonJS project would not.
    return command(folder, ['node', jest, '--ci', '--moduleNameMapper', '{"^([.]{1,2}/.*)[.]js$":"$1"}']);
  });
}

/** Without its optional peers the core has to load, and to run. */
function tryWithoutPeers(installed) {
  return steps.run('nest11: without optional peers', async () => {
    const away = join(installed, 'away');
    mkdirSync(away);
    renameSync(join(installed, 'node_modules/ioredis'), join(away, 'ioredis'));
    for (const application of APPLICATIONS.filter(({ install: name }) => name === 'nest11')) {
      const folder = join(installed, nameOf(application));
      await command(folder, ['node', 'subpaths.mjs']);
      await command(folder, ['node', 'dist/main.js', ...ADAPTERS]);
    }
  });
}

function tryGenerators(installed, toolbox) {
  const { fresh, fresh11, generated } = TEST_RUNNERS;
  const env = (version) => ({ PATH: process.env.PATH, ...toolbox.env(version) });
  const published = { ...env(fresh.node), npm_config_registry: registry.url };
  const { name, url } = redis('Redis 8');
  const withRedis = { ...env(generated.node), REDIS_URL: url };
  return settled([
    steps
      .run(`nest new, nest add, nest g job: ES modules, Node ${fresh.node}, ${fresh.runner}`, () => {
        const folder = join(workFolder, 'fresh');
        mkdirSync(folder);
        return tryNestNew({ installed, folder, env: published });
      })
      .then((app) => steps.run('docs/get-started.md in it', () => tryGetStarted(app, published))),
    installs.includes('nest11') &&
      steps.run(`nest new 11, nest add, nest g job: Node ${fresh11.node}, ${fresh11.runner}`, () => {
        const folder = join(workFolder, 'fresh11');
        mkdirSync(folder);
        return tryNestNew11({ folder, env: { ...published, ...env(fresh11.node) } });
      }),
    steps.run(`nest add, nest g job: CommonJS, Node ${generated.node}, ${generated.runner}, ${name}`, () =>
      tryCommonJs({ installed, env: withRedis }),
    ),
  ]);
}

async function install(name, packages) {
  const folder = join(workFolder, name);
  cpSync(join(fixtures, name), folder, { recursive: true });
  await command(folder, ['npm', 'install', '--prefer-offline', '--no-package-lock', ...packages]);
  return folder;
}

/** Those that the fixture does not name itself. */
function optionalPeers(name) {
  const { dependencies } = JSON.parse(readFileSync(join(fixtures, name, 'package.json'), 'utf8'));
  return Object.keys(manifest.peerDependenciesMeta)
    .filter((peer) => manifest.peerDependenciesMeta[peer].optional && !(peer in dependencies))
    .map((peer) => `${peer}@${manifest.peerDependencies[peer].split('||').at(-1).trim()}`);
}

/** Waits for all of them, whatever comes of some. What failed is in the table. */
async function settled(promises) {
  await Promise.allSettled(promises);
}
