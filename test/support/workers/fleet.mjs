/** One process of a fleet that tests see and steer: it opens an application and does what its parent asks for, by messages. */
import { join } from 'node:path';
import { ConsoleLogger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Cluster, Redis } from 'ioredis';

const [lib] = process.argv.slice(2);
const { Recruiter, WorkStealingModule } = await import(join(lib, 'index.js'));
const { FleetService } = await import(join(lib, 'fleet/index.js'));
const { WorkStealingRedisModule } = await import(join(lib, 'redis/index.js'));

let app, recruiter, service, atOpening, ran, failing;

async function open({ url, nodes, client, prefix, fleet, jobs, quiet = true }) {
  [ran, failing] = [{}, false];
  const factory = () =>
    nodes === undefined ? new Redis(url, client) : new Cluster(nodes, { redisOptions: client });
  class Opening {
    onModuleInit() {
      for (const [id, options] of jobs)
        this.recruiter.install({ recruited: () => recruited(id) }, id, options);
    }
    // Hooks run after one another: those of the module that recruits come last.
    onApplicationBootstrap() {
      const { open: proceed } = this.recruiter;
      this.recruiter.open = function () {
        atOpening = stateOf(this);
        proceed.call(this);
      };
    }
  }
  class App {}
  Module({
    imports: [
      WorkStealingModule.forRoot({ adaptive: false, load: false, idle: false, dutyCycle: 1 }),
      WorkStealingRedisModule.forRoot({ factory, prefix, fleet }),
    ],
    providers: [
      {
        provide: Opening,
        inject: [Recruiter],
        useFactory: (found) => Object.assign(new Opening(), { recruiter: found }),
      },
    ],
  })(App);
  app = await NestFactory.createApplicationContext(App, { logger: quiet ? false : new ConsoleLogger() });
  [recruiter, service] = [app.get(Recruiter), app.get(FleetService)];
}

function recruited(id) {
  ran[id] = (ran[id] ?? 0) + 1;
  if (failing) throw new Error('<script>alert(1)</script>');
  return { done: 2, limit: 3 };
}

const stateOf = ({ jobs }) => jobs.map(({ id, rate, paused }) => [id, rate, paused]);

const extras = {
  open,
  close: async () => {
    await app?.close();
    app = undefined;
  },
  scope: () => service.scope,
  atOpening: () => atOpening,
  rates: () => stateOf(recruiter),
  ran: () => ran,
  recruit: (id) => recruiter.recruit(id).then(({ outcome }) => outcome),
  fail: () => void (failing = true),
  heal: () => void (failing = false),
  install: (id, options) => void recruiter.install({ recruited: () => recruited(id) }, id, options),
  enlist: (times) => {
    for (let time = 0; time < times; time++) void recruiter.enlist();
  },
};

process.on('message', (message) => void answer(message));

async function answer({ call, name, args }) {
  try {
    const result = await (name in extras ? extras[name](...args) : service[name](...args));
    process.send({ call, result });
  } catch (error) {
    process.send({ call, error: `${error.name}: ${error.message}` });
  }
}

process.on('disconnect', () => process.exit());
process.send({ ready: true });
