/**
 * Tries the packed library with what scripts/fixtures/installs.mjs lists: older compilers, every version of Node,
 * restricted processes, package managers, other runtimes, bundlers, and optional peers of other versions. A part of
 * .ci/matrix; `node scripts/test-installs.mjs pnpm rolldown` runs the steps that have one of the words in their titles.
 * Run `npm run build` first.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildCommand, checkTypes, layOut } from './fixtures/application.mjs';
import { bundleCommand } from './fixtures/bundles.mjs';
import { command } from './fixtures/command.mjs';
import {
  APPLICATIONS,
  BUNDLES,
  NODES,
  PACKAGE_MANAGERS,
  PEERS,
  RESTRICTIONS,
  RUNTIMES,
  TYPE_CHECKS,
} from './fixtures/installs.mjs';
import { ADAPTERS, nameOf } from './fixtures/matrix.mjs';
import { Steps } from './fixtures/steps.mjs';
import { Toolbox } from './fixtures/toolbox.mjs';
import { pack } from './pack.mjs';
import { startRedis } from './redis/index.mjs';

const root = join(import.meta.dirname, '..');
const fixtures = join(root, 'test/fixtures');
const workFolder = mkdtempSync(join(tmpdir(), 'work-stealing-installs-'));
const words = process.argv.slice(2);
const steps = new Steps();
const { tarball } = pack(workFolder);
const registry = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim();
/** Both lines of Yarn have a registry of their own for a default. */
const REGISTRY = { npm_config_registry: registry, YARN_NPM_REGISTRY_SERVER: registry };

const server = await startRedis({ onProgress: (line) => console.log(line) });
const env = { REDIS_URL: server.url };
try {
  await tryAll();
} finally {
  await server.stop();
  rmSync(workFolder, { recursive: true, force: true });
}
console.log(`\n${steps}`);
process.exitCode = steps.failures > 0 ? 1 : 0;

/** One at a time. What all others build on is always run, and ends the run where it fails. */
async function tryAll() {
  const toolbox = new Toolbox(
    await steps.run('Install versions of Node and TypeScript, package managers, runtimes, bundlers', () =>
      npmInstall('tools', manifestOf('more-tools')),
    ),
  );
  /** Folders of the compiled applications, by name. */
  const compiled = {};
  for (const install of ['nest11', 'nest12']) {
    const folder = await steps.run(`Install ${install} with npm`, () =>
      npmInstall(install, withPackage(install)),
    );
    for (const application of APPLICATIONS.filter((each) => each.install === install)) {
      const title = nameOf(application);
      compiled[title] = layOut(application, folder);
      await tryTypes(title, application, compiled[title], toolbox);
      await steps.run(`${title}: compiled`, () =>
        command(compiled[title], buildCommand(application, folder, toolbox)),
      );
      await tryNodes(title, compiled[title], toolbox);
      await tryRestricted(title, compiled[title], folder, toolbox);
      await tryRuntimes(title, compiled[title], toolbox);
      await tryBundles(title, application, compiled[title], toolbox);
    }
  }
  for (const manager of PACKAGE_MANAGERS) await tryPackageManager(manager, compiled, toolbox);
  for (const row of PEERS) await tryPeer(row);
}

/** Runs a step that is asked for. One that fails is in the table; the rest goes on. */
async function step(title, run) {
  if (words.length > 0 && !words.some((word) => title.includes(word))) return;
  await steps.run(title, run).catch(() => undefined);
}

async function tryTypes(title, application, folder, toolbox) {
  for (const check of TYPE_CHECKS.filter((each) => APPLICATIONS[each.application] === application)) {
    const { typescript, resolution, refusal } = check;
    await step(`${title}: TypeScript ${typescript}, ${resolution}${refusal ? ', refused' : ''}`, () =>
      expected(refusal, () => checkTypes(folder, check, toolbox)),
    );
  }
}

async function tryNodes(title, folder, toolbox) {
  for (const node of NODES) {
    await step(`${title}: Node ${node}`, () => runAll(folder, [toolbox.node(node)]));
  }
}

async function tryRestricted(title, folder, installed, toolbox) {
  for (const { title: restriction, node, before = [], flags } of RESTRICTIONS) {
    const program = [...before, toolbox.node(node), ...flags].map((word) =>
      word.replace('FOLDER', installed),
    );
    await step(`${title}: Node ${node}, ${restriction}`, () => runAll(folder, program));
  }
}

async function tryRuntimes(title, folder, toolbox) {
  for (const { name, run, sources } of RUNTIMES) {
    for (const source of sources) {
      const paths = source === 'compiled' ? ['dist', 'js'] : ['src', 'ts'];
      await step(`${title}: ${name}, ${source}`, () => runAll(folder, toolbox.command(run), ...paths));
    }
  }
}

async function tryBundles(title, { modules }, folder, toolbox) {
  for (const bundle of BUNDLES) {
    const name = `${bundle.bundler}${bundle.minified ? ', minified' : ''}`;
    await step(`${title}: ${name}`, async () => {
      const alone = join(workFolder, 'bundles', `${title}-${name.replace(', ', '-')}`);
      mkdirSync(alone, { recursive: true });
      writeFileSync(join(alone, 'package.json'), JSON.stringify({ private: true, type: modules }));
      const output = join(alone, 'out/index.js');
      const settings = {
        entry: join(folder, 'dist/redis.js'),
        output,
        folder,
        isModule: modules === 'module',
      };
      await command(folder, toolbox.command(bundleCommand(bundle, settings)));
      const said = await command(alone, ['node', output], env);
      const [, id] = /^ok: redis, jobs film-fields (\w+)$/m.exec(said) ?? [];
      assert.ok(id, said);
      assert.equal(id === 'ViewTotals', bundle.keepsNames, `the job without an id is called ${id}`);
    });
  }
}

async function tryPackageManager({ name, node, install, run, files = {}, commonjs }, compiled, toolbox) {
  const folder = join(workFolder, `${name} on ${node}`.replace(/\W+/g, '-'));
  const own = { ...REGISTRY, ...toolbox.env(node), YARN_ENABLE_IMMUTABLE_INSTALLS: 'false' };
  await step(`${name}, Node ${node}`, async () => {
    write(folder, { ...files, 'package.json': JSON.stringify(withPackage('nest12')) });
    await command(folder, toolbox.command(install), own);
    for (const modules of ['commonjs', 'module']) {
      const application = join(folder, modules);
      const from = compiled[`nest12-${modules}`];
      cpSync(join(from, 'dist'), join(application, 'dist'), { recursive: true });
      cpSync(join(from, 'package.json'), join(application, 'package.json'));
      const program = run === undefined ? ['node'] : toolbox.command(run);
      await expected(modules === 'commonjs' ? commonjs : undefined, () =>
        runAll(folder, program, `${modules}/dist`, 'js', own),
      );
    }
  });
}

async function tryPeer({ peer, subpath, refusal, flags }) {
  const [, name, version] = /^(.+)@(.+)$/.exec(peer);
  await step(`${peer}: ${subpath}${refusal ? ', refused' : ''}`, async () => {
    const { dependencies } = manifestOf('nest11');
    const core = ['@nestjs/common', '@nestjs/core', 'reflect-metadata', 'rxjs'];
    const manifest = {
      private: true,
      dependencies: {
        ...Object.fromEntries(core.map((each) => [each, dependencies[each]])),
        'nestjs-work-stealing': `file:${tarball}`,
        [name]: version,
      },
    };
    const folder = await npmInstall(`${name.replace(/\W/g, '')}-${version}-${subpath}`, manifest, flags);
    cpSync(join(fixtures, 'peers'), folder, { recursive: true });
    const said = await command(folder, ['node', 'start.mjs', subpath], env);
    assert.match(said, refusal ?? /^works$/m);
  });
}

/** Starts both programs of test/fixtures/app, each of which fails unless it sees a slice. */
async function runAll(folder, program, path = 'dist', extension = 'js', more = {}) {
  const main = await command(folder, [...program, `${path}/main.${extension}`, ...ADAPTERS], more);
  for (const adapter of ADAPTERS) assert.match(main, new RegExp(`^ok: ${adapter.toLowerCase()}$`, 'm'));
  const redis = await command(folder, [...program, `${path}/redis.${extension}`], { ...env, ...more });
  assert.match(redis, /^ok: redis, jobs film-fields ViewTotals$/m);
}

/** What a step is to fail with, where it is: when it passes, the documentation is wrong. */
async function expected(refusal, run) {
  if (refusal === undefined) return run();
  await assert.rejects(run, refusal);
}

async function npmInstall(name, manifest, flags = []) {
  const folder = join(workFolder, name);
  write(folder, { 'package.json': JSON.stringify(manifest) });
  await command(folder, ['npm', 'install', '--no-package-lock', '--loglevel=error', ...flags]);
  return folder;
}

/** The packages of a fixture's application, the packed library, and the types that its source needs. */
function withPackage(install) {
  const { dependencies, devDependencies } = manifestOf(install);
  const types = Object.entries(devDependencies).filter(([name]) => /^@types\/(node|express)$/.test(name));
  return {
    private: true,
    dependencies: {
      ...dependencies,
      ...Object.fromEntries(types),
      'nestjs-work-stealing': `file:${tarball}`,
    },
  };
}

function manifestOf(fixture) {
  return JSON.parse(readFileSync(join(fixtures, fixture, 'package.json'), 'utf8'));
}

function write(folder, files) {
  mkdirSync(folder, { recursive: true });
  for (const [path, content] of Object.entries(files)) writeFileSync(join(folder, path), content);
}
