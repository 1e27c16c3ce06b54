import type { AddressInfo, Server } from 'node:net';
import type { INestApplication, ModuleMetadata, Provider } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { StealableJob, WorkStealingModule, type Job } from 'nestjs-work-stealing';
import {
  WorkStealingDashboardModule,
  type DashboardMount,
  type DashboardRequest,
  type WorkStealingDashboardOptions,
} from 'nestjs-work-stealing/dashboard';
import { deterministic } from 'nestjs-work-stealing/testing';

export type Platform = 'express' | 'fastify';

export interface DashboardApp {
  readonly app: INestApplication;
  /** Of the server, without a path. */
  readonly url: string;
}

export interface DashboardAppOptions {
  readonly platform?: Platform;
  /** Fastify alone can. @default false */
  readonly isHttp2?: boolean;
  readonly providers?: readonly Provider[];
  readonly dashboard?: WorkStealingDashboardOptions & DashboardMount;
  readonly imports?: NonNullable<ModuleMetadata['imports']>;
  readonly port?: number;
  /** Before it listens. */
  readonly prepare?: (app: INestApplication) => void;
}

/** Visitors say who they are by a header: nobody, a reader, or one who may write, by name. */
export const roles: WorkStealingDashboardOptions = {
  authorize: ({ headers }: DashboardRequest) => headers['x-role'] !== undefined,
  authorizeWrite: ({ headers }: DashboardRequest) => {
    const role = headers['x-role'];
    return typeof role === 'string' && role !== 'reader' ? role : undefined;
  },
  interval: 250,
};

/** An application that shows its dashboard. */
export async function startDashboard(options: DashboardAppOptions = {}): Promise<DashboardApp> {
  const { platform = 'express', isHttp2 = false, providers = [], dashboard = roles, imports = [] } = options;
  const testing = await Test.createTestingModule({
    imports: [
      WorkStealingModule.forRoot(deterministic()),
      WorkStealingDashboardModule.forRoot(dashboard),
      ...imports,
    ],
    providers: [...providers],
  }).compile();
  const app =
    platform === 'fastify'
      ? testing.createNestApplication(isHttp2 ? new FastifyAdapter({ http2: true }) : new FastifyAdapter(), {
          logger: false,
        })
      : testing.createNestApplication({ logger: false });
  options.prepare?.(app);
  await app.listen(options.port ?? 0, '127.0.0.1');
  const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
  return { app, url: `http://127.0.0.1:${port}` };
}

/** A job without a rate; with a period, each process has its own. */
export function period(id: string, ms: number | undefined, recruited: Job['recruited']): Provider {
  class Told {
    recruited = recruited;
  }
  StealableJob({ id, every: ms === undefined ? undefined : { ms, scope: 'process' } })(Told);
  return { provide: `job ${id}`, useValue: new Told() };
}

/** A job whose slices do what they are told. */
export function job(
  id: string,
  rate: number,
  recruited: Job['recruited'],
  more: Partial<Job> = {},
): Provider {
  class Told {
    recruited = recruited;
  }
  Object.assign(Told.prototype, more);
  StealableJob({ id, rate })(Told);
  return { provide: `job ${id}`, useValue: Object.assign(new Told(), more) };
}
