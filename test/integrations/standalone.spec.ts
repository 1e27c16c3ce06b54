import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import {
  Controller,
  Get,
  Injectable,
  Scope,
  type DynamicModule,
  type INestApplicationContext,
  type Type,
} from '@nestjs/common';
import { APP_INTERCEPTOR, NestFactory, SerializedGraph } from '@nestjs/core';
import {
  Enlist,
  EnlistInterceptor,
  InjectRecruiter,
  Recruiter,
  StealableJob,
  WorkStealingModule,
} from 'nestjs-work-stealing';
import { deterministic, recruitNext } from 'nestjs-work-stealing/testing';
import { freePort } from '../../scripts/redis/free-port.mjs';
import { useCompiledRecipe, useRecipe } from '../support/recipe.js';

/** Processes of their own take their time to start on a busy machine: ms. */
const PATIENCE = 60_000;
jest.setTimeout(2 * PATIENCE);

const recipe = useRecipe('standalone.md');
const compiled = useCompiledRecipe('standalone.md');
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

interface Surroundings {
  env?: NodeJS.ProcessEnv | undefined;
  cwd?: string;
}

/** A process of its own that runs a file beside those of the recipe. */
class Child {
  readonly lines: string[] = [];
  readonly ended: Promise<unknown>;
  readonly #process;
  #errors = '';

  constructor(file: string, args: string[] = [], { env = {}, cwd = dirname(file) }: Surroundings = {}) {
    this.#process = spawn(process.execPath, [file, ...args], {
      cwd,
      env: { ...process.env, ...env },
      detached: true,
    });
    createInterface(this.#process.stdout).on('line', (line) => this.lines.push(line));
    this.#process.stderr.on('data', (data) => (this.#errors += String(data)));
    this.ended = once(this.#process, 'close').then(([code, signal]) => code ?? signal);
    closers.push(() => this.#killAll());
  }

  /** With those that it has started. */
  #killAll(): void {
    try {
      process.kill(-this.#process.pid!, 'SIGKILL');
    } catch {
      // All of them have ended.
    }
  }

  terminate(): void {
    this.#process.kill('SIGTERM');
  }

  /** Waits until it has said a line so many times. */
  async says(line: string, times = 1): Promise<void> {
    const isOver = this.ended.then(() => true);
    const deadline = performance.now() + PATIENCE;
    while (this.lines.filter((said) => said === line).length < times) {
      const tick = new Promise<boolean>((resolve) => setTimeout(resolve, 10, performance.now() > deadline));
      if (!(await Promise.race([isOver, tick]))) continue;
      throw new Error(`It has not said "${line}" but:\n${this.lines.join('\n')}\n${this.#errors}`);
    }
  }

  /** What it has said, when it has ended by itself. */
  async output(): Promise<string[]> {
    const status = await this.ended;
    if (status !== 0) throw new Error(`It ended with ${String(status)}: ${this.#errors}`);
    return this.lines;
  }
}

async function run(name: string, code: string, env?: NodeJS.ProcessEnv): Promise<Child> {
  return new Child(await compiled.add(name, code), [], { env });
}

describe('A script with a recruiter', () => {
  it('does a slice before it goes', async () => {
    const child = await run('run-script.js', `import { runScript } from './script.js'; await runScript();`);
    await expect(child.output()).resolves.toEqual(['ExpireExports partial']);
  });

  it('ends by itself without close(), two budgets after its last slice has begun at the latest', async () => {
    const child = await run(
      'leave.js',
      `
      import { NestFactory } from '@nestjs/core';
      import { Recruiter } from 'nestjs-work-stealing';
      import { ScriptModule } from './script.js';
      const app = await NestFactory.createApplicationContext(ScriptModule, { logger: false });
      const recruiter = app.get(Recruiter);
      const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
      let begin;
      const hasBegun = new Promise((resolve) => (begin = resolve));
      const recruited = () => {
        begin();
        return new Promise(() => {});
      };
      recruiter.install({ recruited }, 'never ends', 0.9);
      // Drawn before the other once in 300 runs.
      recruiter.setRate('ExpireExports', 0);
      recruiter.on('slice', ({ outcome }) => console.log(outcome, timers()));
      console.log('idle', timers());
      while (recruiter.inFlight === 0) recruiter.enlistDetached();
      // In the next turn, or where the start took a second, and the loop counts as busy, in the next quiet one.
      await hasBegun;
      console.log('at work', timers());
      `,
    );
    await expect(child.output()).resolves.toEqual(['idle 0', 'at work 1', 'aborted 0']);
  });
});

describe('A function that is frozen between calls', () => {
  it('has its slice behind it when it answers', async () => {
    const { application, handler, ExpirePages } = await recipe.import<{
      application: () => Promise<INestApplicationContext>;
      handler: (event: { id: string }) => Promise<unknown>;
      ExpirePages: Type<{ slices: number }>;
    }>('function.ts');
    const app = await application();
    closers.push(() => app.close());
    const report = recruitNext(app.get(Recruiter), 'ExpirePages');
    await expect(handler({ id: 'home' })).resolves.toEqual({ id: 'home', cached: true });
    expect(app.get(ExpirePages).slices).toBe(1);
    await report;
  });
});

describe('A cluster', () => {
  it('has a recruiter in each worker, and ends when its primary is told to', async () => {
    const port = await freePort();
    const child = await run(
      'run-cluster.js',
      `import { runCluster } from './cluster.js'; await runCluster(2, Number(process.env.PORT));`,
      { PORT: String(port) },
    );
    await child.says('listening', 2);
    const seen = new Map<number, number[]>();
    for (let asked = 0; asked < 10; asked++) {
      const { worker, enlistments } = await ask(port);
      seen.set(worker, [...(seen.get(worker) ?? []), enlistments]);
    }
    expect(new Set(seen.keys())).toEqual(new Set([1, 2]));
    for (const enlistments of seen.values()) expect(enlistments).toEqual([...enlistments.keys()]);
    child.terminate();
    await child.output();
  });

  async function ask(port: number): Promise<{ worker: number; enlistments: number }> {
    const [response] = (await once(get({ port, agent: false }), 'response')) as [IncomingMessage];
    return JSON.parse(await text(response)) as { worker: number; enlistments: number };
  }
});

describe('A thread', () => {
  it('has a recruiter of its own, and ends when it is told to', async () => {
    const child = await run(
      'run-threads.js',
      `
      import { once } from 'node:events';
      import { isMainThread } from 'node:worker_threads';
      import { runThread, startThread } from './threads.js';
      if (isMainThread) {
        await runThread(3);
        const thread = startThread(new URL(import.meta.url));
        thread.postMessage('close');
        console.log('exit', (await once(thread, 'exit'))[0]);
      } else {
        await runThread(5);
      }
      `,
    );
    const output = await child.output();
    expect(output.sort()).toEqual(['exit 0', 'main 3 partial', 'thread 5 partial']);
  });
});

@StealableJob(0.1)
@Injectable()
class Chore {
  recruited(): void {}
}

@StealableJob({ rate: 0.1, recruiter: 'night' })
@Injectable({ scope: Scope.REQUEST })
class NightChore {
  recruited(): void {}
}

@Controller()
class Films {
  constructor(@InjectRecruiter('night') readonly night: Recruiter) {}

  @Get()
  @Enlist()
  film(): void {}

  @Enlist({ recruiter: 'night' })
  later(): void {}
}

class Root {}

function everything(): DynamicModule {
  return {
    module: Root,
    imports: [WorkStealingModule.forRoot(deterministic()), WorkStealingModule.registerRecruiter('night')],
    controllers: [Films],
    providers: [Chore, NightChore, { provide: APP_INTERCEPTOR, useClass: EnlistInterceptor }],
  };
}

async function start(options: { preview?: boolean } = {}): Promise<INestApplicationContext> {
  const app = await NestFactory.create(everything(), { snapshot: true, logger: false, ...options });
  closers.push(() => app.close());
  return app.init();
}

interface Graph {
  status: string;
  nodes: Record<string, { label: string; metadata: { type: string } }>;
  edges: Record<string, { metadata: { sourceClassName?: string; targetClassName?: string } }>;
}

describe('The graph of Nest Devtools', () => {
  const graphOf = (app: INestApplicationContext) =>
    JSON.parse(app.get(SerializedGraph, { strict: false }).toString()) as Graph;

  it('shows who depends on which recruiter', async () => {
    const { status, nodes, edges } = graphOf(await start());
    expect(status).toBe('complete');
    const labels = Object.values(nodes).map(({ label }) => label);
    expect(labels).toEqual(
      expect.arrayContaining(['WorkStealingModule', 'Recruiter', 'WorkStealingRecruiter:night', 'Chore']),
    );
    const edgesOfFilms = Object.values(edges)
      .filter(({ metadata }) => metadata.sourceClassName === 'Films')
      .map(({ metadata }) => metadata.targetClassName);
    expect(new Set(edgesOfFilms)).toEqual(new Set(['Recruiter', 'WorkStealingRecruiter:night']));
  });

  it('can be had in a preview, where nothing is constructed', async () => {
    const { status, nodes } = graphOf(await start({ preview: true }));
    expect(status).toBe('complete');
    expect(Object.values(nodes).map(({ label }) => label)).toContain('NightChore');
  });

  it('is served by @nestjs/devtools-integration', async () => {
    const child = await run(
      'devtools.js',
      `
      import { NestFactory } from '@nestjs/core';
      import { DevtoolsModule } from '@nestjs/devtools-integration';
      import { AppModule } from './app.module.js';
      class Root {}
      const port = Number(process.env.PORT);
      const imports = [AppModule, DevtoolsModule.register({ http: true, port })];
      const app = await NestFactory.create({ module: Root, imports }, { snapshot: true, logger: false });
      await app.init();
      const answer = await fetch(\`http://127.0.0.1:\${port}/inspector/graph/snapshot\`, {
        headers: { origin: 'http://localhost:4000' },
      });
      const { nodes } = await answer.json();
      const labels = Object.values(nodes).map(({ label }) => label);
      console.log(['ExpireFilms', 'Recruiter'].map((label) => labels.includes(label)).join());
      await app.close();
      process.exit();
      `,
      { PORT: String(await freePort()) },
    );
    await expect(child.output()).resolves.toEqual(['true,true']);
  });
});

describe('Two applications of the same classes in one process', () => {
  it('have each job once, and outlive each other', async () => {
    const old = await start();
    const fresh = await start();
    const ids = (app: INestApplicationContext) => app.get(Recruiter).jobs.map(({ id }) => id);
    expect([ids(old), ids(fresh)]).toEqual([['Chore'], ['Chore']]);
    fresh.get(Films).film();
    expect([old, fresh].map((app) => app.get(Recruiter).enlistments)).toEqual([0, 1]);

    await old.close();
    const report = recruitNext(fresh.get(Recruiter), 'Chore');
    fresh.get(Films).film();
    await expect(report).resolves.toMatchObject({ outcome: 'partial' });
    await expect(old.get(Recruiter).recruit('Chore')).resolves.toMatchObject({ reason: 'closing' });
  });
});

/** The module of the recipe with a provider that says which jobs a start has found, and when it ends. */
function reporting(version: string, rate: number): string {
  return `
    import { Module } from '@nestjs/common';
    import { Recruiter, StealableJob, WorkStealingModule } from 'nestjs-work-stealing';

    export class ExpireFilms {
      recruited() {}
    }
    StealableJob(${rate})(ExpireFilms);

    export class Reporter {
      constructor(recruiter) {
        this.recruiter = recruiter;
      }
      onApplicationBootstrap() {
        console.log('${version} has', this.recruiter.jobs.map(({ id, rate }) => id + ' ' + rate).join());
      }
      onApplicationShutdown() {
        console.log('${version} is', this.recruiter.state);
      }
    }
    Reflect.defineMetadata('design:paramtypes', [Recruiter], Reporter);

    export class AppModule {}
    Module({ imports: [WorkStealingModule.forRoot()], providers: [ExpireFilms, Reporter] })(AppModule);
  `;
}

/** Waits for the old application's end and the new one's start, each with its job once. */
async function expectReplacement(child: Child): Promise<void> {
  await child.says('second has ExpireFilms 0.2');
  await child.says('first is closing');
  expect(child.lines.filter((line) => / has /.test(line))).toHaveLength(2);
}

const HOT_RELOAD = join(import.meta.dirname, '../support/workers/hot-reload.mjs');

describe('webpack with hot replacement of modules', () => {
  it('starts the new application with each job once, and ends the old one', async () => {
    const module = await compiled.add('app.module.js', reporting('first', 0.1));
    const child = new Child(HOT_RELOAD, [dirname(module)], { env: { PORT: '0' } });
    await child.says('first has ExpireFilms 0.1');
    await compiled.add('app.module.js', reporting('second', 0.2));
    await expectReplacement(child);
  });
});

const NEST = join(import.meta.dirname, '../../node_modules/@nestjs/cli/bin/nest.js');

describe('nest start --watch', () => {
  const MAIN = `
    import { NestFactory } from '@nestjs/core';
    import { AppModule } from './app.module.js';
    const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
    app.enableShutdownHooks();
    setInterval(() => {}, 1000);
  `;
  const project = {
    'nest-cli.json': { sourceRoot: 'src' },
    'tsconfig.json': {
      compilerOptions: {
        module: 'nodenext',
        target: 'es2022',
        rootDir: 'src',
        outDir: 'dist',
        noCheck: true,
        types: [],
      },
      include: ['src'],
    },
  };

  it('ends the old process and starts a new one with each job once', async () => {
    for (const [name, content] of Object.entries(project)) await compiled.add(name, JSON.stringify(content));
    await compiled.add('src/main.ts', MAIN);
    const module = await compiled.add('src/app.module.ts', reporting('first', 0.1));
    const child = new Child(NEST, ['start', '--watch', '--no-shell'], { cwd: dirname(dirname(module)) });
    await child.says('first has ExpireFilms 0.1');
    await compiled.add('src/app.module.ts', reporting('second', 0.2));
    await expectReplacement(child);
  });
});
