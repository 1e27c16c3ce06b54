import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo, Server as TcpServer } from 'node:net';
import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import {
  Controller,
  Logger,
  type DynamicModule,
  type INestApplication,
  type INestApplicationContext,
  type INestMicroservice,
  type Provider,
  type Type,
} from '@nestjs/common';
import { APP_INTERCEPTOR, NestFactory } from '@nestjs/core';
import { GraphQLModule } from '@nestjs/graphql';
import {
  ClientProxyFactory,
  EventPattern,
  Transport,
  type ClientOptions,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { Test } from '@nestjs/testing';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { EnlistInterceptor, Recruiter, WorkStealingModule } from 'nestjs-work-stealing';
import { recruitNext } from 'nestjs-work-stealing/testing';
import { firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { io } from 'socket.io-client';
import request from 'supertest';
import { WebSocket } from 'ws';
import { useRecipe } from '../support/recipe.js';
import { useRedis } from '../support/redis.js';

// Servers and clients take their time on a busy machine.
jest.setTimeout(60_000);

const redis = useRedis();
const closers: (() => unknown)[] = [];

// The examples start with Nest's own logger.
beforeAll(() => Logger.overrideLogger(false));

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

function closing<T extends { close(): unknown }>(closable: T): T {
  closers.push(() => closable.close());
  return closable;
}

function enlistments(app: INestApplicationContext): number {
  return app.get(Recruiter).enlistments;
}

const tcp = (port: number): MicroserviceOptions & ClientOptions => ({
  transport: Transport.TCP,
  options: { host: '127.0.0.1', port },
});
const overRedis = (): MicroserviceOptions & ClientOptions => ({
  transport: Transport.REDIS,
  options: { host: redis.host, port: redis.port },
});

/** Where a microservice that was given port 0 listens. */
function portOf(service: INestMicroservice): number {
  return (service.unwrap<TcpServer>().address() as AddressInfo).port;
}

async function clientOf(options: ClientOptions) {
  const client = closing(ClientProxyFactory.create(options));
  await client.connect();
  return client;
}

describe('A microservice', () => {
  const recipe = useRecipe('microservices.md');

  async function start(transport: 'TCP' | 'Redis') {
    const { startMicroservice } = await recipe.import<{
      startMicroservice: (options: MicroserviceOptions) => Promise<INestMicroservice>;
    }>('microservice.ts');
    const app = closing(await startMicroservice(transport === 'TCP' ? tcp(0) : overRedis()));
    return { app, client: await clientOf(transport === 'TCP' ? tcp(portOf(app)) : overRedis()) };
  }

  it.each(['TCP', 'Redis'] as const)(
    'enlists once after each request and event handled well, over %s',
    async (transport) => {
      const { app, client } = await start(transport);
      await expect(firstValueFrom(client.send('film', 'alien'))).resolves.toEqual({ title: 'Alien' });
      expect(enlistments(app)).toBe(1);
      await expect(lastValueFrom(client.send('reels', '').pipe(toArray()))).resolves.toEqual([1, 2, 3]);
      expect(enlistments(app)).toBe(2);
      await expect(firstValueFrom(client.send('film', 'none'))).rejects.toMatchObject({
        message: 'no such film',
      });
      expect(enlistments(app)).toBe(2);

      const report = recruitNext(app.get(Recruiter), 'ExpireFilms');
      client.emit('film.viewed', 'alien');
      await expect(report).resolves.toMatchObject({ jobId: 'ExpireFilms' });
      expect(enlistments(app)).toBe(3);
    },
  );

  it.each(['TCP', 'Redis'] as const)(
    'leaves a handler with @Enlist() to decide by itself, over %s',
    async (transport) => {
      const { app, client } = await start(transport);
      const report = recruitNext(app.get(Recruiter), 'ExpireFilms');
      client.emit('film.changed', 'never cached');
      await report;
      expect(enlistments(app)).toBe(1);
    },
  );

  it('enlists for each handler of an event that has two', async () => {
    @Controller()
    class Views {
      @EventPattern('viewed')
      first(_id: number): void {}

      @EventPattern('viewed')
      second(_id: number): void {}
    }
    const app = closing(
      await NestFactory.createMicroservice<MicroserviceOptions>(
        rootOf({ controllers: [Views], providers: [everywhere] }),
        { ...tcp(0), logger: false },
      ),
    );
    await app.listen();
    const client = await clientOf(tcp(portOf(app)));
    client.emit('viewed', 1);
    await until(() => enlistments(app) >= 2);
    expect(enlistments(app)).toBe(2);
  });
});

describe('A hybrid application', () => {
  const recipe = useRecipe('microservices.md');

  it('has one recruiter for its requests over HTTP and its messages', async () => {
    const { startHybrid } = await recipe.import<{
      startHybrid: (transport: MicroserviceOptions, port: number) => Promise<INestApplication>;
    }>('hybrid.ts');
    const app = closing(await startHybrid(tcp(0), 0));
    const client = await clientOf(tcp(portOf(app.getMicroservices()[0]!)));
    await expect(firstValueFrom(client.send('film', 'alien'))).resolves.toEqual({ title: 'Alien' });
    expect(enlistments(app)).toBe(1);
    await request(app.getHttpServer() as Server)
      .get('/films/alien')
      .expect(200, { title: 'Alien' });
    expect(enlistments(app)).toBe(2);
  });

  it('does not show its global interceptors to a microservice that inherits nothing', async () => {
    const { AppModule } = await recipe.import<{ AppModule: Type }>('app.module.ts');
    const app = closing(await NestFactory.create(AppModule, { logger: false }));
    const service = app.connectMicroservice<MicroserviceOptions>(tcp(0));
    await app.startAllMicroservices();
    await app.listen(0);
    const client = await clientOf(tcp(portOf(service)));
    await firstValueFrom(client.send('film', 'alien'));
    expect(enlistments(app)).toBe(0);
  });
});

const everywhere: Provider = { provide: APP_INTERCEPTOR, useClass: EnlistInterceptor };

class Root {}

function rootOf(parts: Partial<DynamicModule>): DynamicModule {
  return { module: Root, imports: [WorkStealingModule.forRoot()], ...parts };
}

/** Waits for something that nobody announces; the test's own time limit ends it. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise(setImmediate);
}

/** What a client says to a gateway, and the answers to it. */
interface Talk {
  ask(event: string, data: unknown, answers?: number): Promise<unknown[]>;
}

async function talkByWs(port: number): Promise<Talk> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`);
  closers.push(async () => {
    const closed = once(socket, 'close');
    socket.close();
    await closed;
  });
  await once(socket, 'open');
  return {
    ask: (event, data, answers = 1) =>
      new Promise((resolve) => {
        const heard: unknown[] = [];
        socket.on('message', (message: Buffer) => {
          const answer = JSON.parse(message.toString()) as { data: unknown };
          if (heard.push(answer.data) === answers) resolve(heard);
        });
        socket.send(JSON.stringify({ event, data }));
      }).then((heard) => {
        socket.removeAllListeners('message');
        return heard as unknown[];
      }),
  };
}

async function talkBySocketIo(port: number): Promise<Talk> {
  const socket = closing(io(`http://127.0.0.1:${port}`, { transports: ['websocket'], reconnection: false }));
  await new Promise<void>((resolve) => socket.on('connect', resolve));
  return {
    ask: (event, data, answers = 1) =>
      new Promise<unknown[]>((resolve) => {
        const heard: unknown[] = [];
        socket.onAny((_event: string, answer: unknown) => {
          if (heard.push(answer) === answers) resolve(heard);
        });
        socket.emit(event, data);
      }).finally(() => socket.offAny()),
  };
}

describe('A WebSocket gateway', () => {
  const recipe = useRecipe('websockets.md');

  async function serve(kind: 'ws' | 'socket.io', providers: Provider[] = []) {
    const { AppModule } = await recipe.import<{ AppModule: Type }>('app.module.ts');
    const module = await Test.createTestingModule({ imports: [AppModule], providers }).compile();
    const app = closing(module.createNestApplication({ logger: false }));
    app.useWebSocketAdapter(kind === 'ws' ? new WsAdapter(app) : new IoAdapter(app));
    await app.listen(0);
    const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
    return { app, talk: await (kind === 'ws' ? talkByWs(port) : talkBySocketIo(port)) };
  }

  it.each(['ws', 'socket.io'] as const)(
    'enlists once after each message handled well, over %s',
    async (kind) => {
      const { app, talk } = await serve(kind);
      await expect(talk.ask('film', 'alien')).resolves.toEqual([{ title: 'Alien', cached: true }]);
      expect(enlistments(app)).toBe(1);
      await expect(talk.ask('reels', '', 3)).resolves.toEqual([1, 2, 3]);
      expect(enlistments(app)).toBe(2);
      await expect(talk.ask('film', 'none')).resolves.toMatchObject([{ message: 'no such film' }]);
      await expect(talk.ask('cached', 'none')).resolves.toEqual([false]);
      expect(enlistments(app)).toBe(2);
      await expect(talk.ask('cached', 'alien')).resolves.toEqual([true]);
      expect(enlistments(app)).toBe(3);
    },
  );

  it('is reached by a global interceptor too', async () => {
    @WebSocketGateway()
    class Bare {
      @SubscribeMessage('film')
      film() {
        return { event: 'film', data: 'Alien' };
      }
    }
    const app = closing(
      await NestFactory.create(rootOf({ providers: [Bare, everywhere] }), { logger: false }),
    );
    app.useWebSocketAdapter(new WsAdapter(app));
    await app.listen(0);
    const talk = await talkByWs(((app.getHttpServer() as Server).address() as AddressInfo).port);
    await expect(talk.ask('film', '')).resolves.toEqual(['Alien']);
    expect(enlistments(app)).toBe(1);
  });

  it('enlists once under an interceptor of its own and a global one', async () => {
    const { app, talk } = await serve('ws', [everywhere]);
    await talk.ask('film', 'alien');
    expect(enlistments(app)).toBe(1);
  });
});

/** Follows a subscription to its end, in the protocol graphql-transport-ws. */
async function follow(port: number, query: string): Promise<unknown[]> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws');
  await once(socket, 'open');
  const heard: unknown[] = [];
  const complete = new Promise<void>((resolve, reject) => {
    socket.on('message', (message: Buffer) => {
      const { type, payload } = JSON.parse(message.toString()) as { type: string; payload?: unknown };
      if (type === 'connection_ack') send({ type: 'subscribe', id: '1', payload: { query } });
      if (type === 'next') heard.push((payload as { data: unknown }).data);
      if (type === 'complete') resolve();
      if (type === 'error') reject(new Error(message.toString()));
    });
  });
  const send = (message: object) => socket.send(JSON.stringify(message));
  send({ type: 'connection_init' });
  await complete;
  socket.close();
  await once(socket, 'close');
  return heard;
}

describe('A GraphQL application', () => {
  const recipe = useRecipe('graphql.md');

  async function serve() {
    const { AppModule } = await recipe.import<{ AppModule: Type }>('app.module.ts');
    const app = closing(await NestFactory.create(AppModule, { logger: false }));
    await app.listen(0);
    const ask = async (query: string) => {
      const { body } = await request(app.getHttpServer() as Server)
        .post('/graphql')
        .send({ query });
      return body as { data?: Record<string, unknown> | null; errors?: unknown[] };
    };
    return { app, ask };
  }

  it('enlists once for an operation, however many fields its resolvers and interceptors see', async () => {
    const { app, ask } = await serve();
    const { data, errors } = await ask('{ films { id views } again: films { views } film { views } }');
    expect(errors).toBeUndefined();
    expect(data!.films).toHaveLength(50);
    expect(data!.film).toEqual({ views: 0 });
    expect(enlistments(app)).toBe(1);
    await ask('{ film { views } }');
    await ask('{ film { views } }');
    expect(enlistments(app)).toBe(3);
  });

  it('enlists nobody for an operation that failed, and leaves @Enlist() to itself', async () => {
    const { app, ask } = await serve();
    await expect(ask('mutation { refuse }')).resolves.toHaveProperty('errors');
    await expect(ask('{ nothing }')).resolves.toHaveProperty('errors');
    expect(enlistments(app)).toBe(0);
    await expect(ask('{ search { views } }')).resolves.toEqual({ data: { search: [] } });
    expect(enlistments(app)).toBe(1);
  });

  it('enlists once for a subscription, however many events it has', async () => {
    const { app } = await serve();
    const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
    const events = await follow(port, 'subscription { countdown }');
    expect(events).toEqual([{ countdown: 3 }, { countdown: 2 }, { countdown: 1 }]);
    expect(enlistments(app)).toBe(1);
  });

  it('enlists once for each operation of a batch', async () => {
    const { FilmsResolver } = await recipe.import<{ FilmsResolver: Type }>('films.resolver.ts');
    const graphql = GraphQLModule.forRoot<ApolloDriverConfig>({
      driver: ApolloDriver,
      autoSchemaFile: true,
      allowBatchedHttpRequests: true,
    });
    const app = closing(
      await NestFactory.create(
        rootOf({ imports: [WorkStealingModule.forRoot(), graphql], providers: [FilmsResolver, everywhere] }),
      ),
    );
    await app.init();
    const query = '{ film { views } films { id } }';
    const { body } = await request(app.getHttpServer() as Server)
      .post('/graphql')
      .send([{ query }, { query }]);
    expect(body).toHaveLength(2);
    expect(enlistments(app)).toBe(2);
  });
});
