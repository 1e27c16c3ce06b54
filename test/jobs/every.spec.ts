import { describe, expect, it, jest } from '@jest/globals';
import { Injectable, Scope, type Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  Enlist,
  getRecruiterToken,
  Recruiter,
  StealableJob,
  WorkStealingModule,
  type Progress,
  type Slice,
} from 'nestjs-work-stealing';
import {
  ManualClock,
  MemoryCoordinator,
  recruitAll,
  recruitNext,
  WorkStealingTestingModule,
} from 'nestjs-work-stealing/testing';

const HOUR = 3_600_000;

@StealableJob({ every: HOUR })
@Injectable()
class PurgeSessions {
  readonly passes: Slice['pass'][] = [];

  async recruited(slice: Slice): Promise<Progress> {
    this.passes.push(slice.pass);
    return { done: 1, more: false };
  }
}

@Injectable()
class Films {
  @Enlist()
  async page(): Promise<string> {
    return 'page';
  }
}

async function application(
  providers: Type[],
  coordinator?: MemoryCoordinator,
  clock?: ManualClock,
): Promise<TestingModule> {
  const imports = [WorkStealingTestingModule.forRoot({ clock }, coordinator)];
  const app = await Test.createTestingModule({ imports, providers }).compile();
  return app.init();
}

describe('@StealableJob({ every }) in a test', () => {
  it('needs no server, and recruitAll() begins a pass though none is due', async () => {
    const app = await application([PurgeSessions]);
    const recruiter = app.get(Recruiter);
    expect(await recruitAll(recruiter)).toMatchObject([{ outcome: 'partial', done: 1 }]);
    expect(recruiter.jobs[0]!.period!.dueAt).toBeInstanceOf(Date);
    expect(await recruitAll(recruiter)).toMatchObject([{ outcome: 'partial' }]);
    expect(app.get(PurgeSessions).passes).toMatchObject([{ isFirst: true }, { isFirst: true }]);
    await app.close();
  });

  it('is drawn by the next enlistment with recruitNext(), due or not', async () => {
    const app = await application([PurgeSessions, Films]);
    const recruiter = app.get(Recruiter);
    for (let pass = 1; pass <= 2; pass++) {
      const report = recruitNext(recruiter, 'PurgeSessions');
      await app.get(Films).page();
      expect(await report).toMatchObject({ outcome: 'partial', origin: 'enlistment' });
      expect(app.get(PurgeSessions).passes).toHaveLength(pass);
    }
    await app.close();
  });

  it('is done once by two applications that share a coordinator', async () => {
    const clock = new ManualClock();
    const fleet = new MemoryCoordinator(clock);
    const apps = [
      await application([PurgeSessions], fleet, clock),
      await application([PurgeSessions], fleet, clock),
    ];
    for (let passed = 0; passed < 2.5 * HOUR; passed += 2000) {
      clock.advance(2000);
      for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
    }
    const passes = apps.flatMap((app) => app.get(PurgeSessions).passes.map((pass) => pass!.dueAt.getTime()));
    expect(passes.toSorted((a, b) => a - b)).toHaveLength(3);
    expect(new Set(passes).size).toBe(3);
    expect(apps[0]!.get(MemoryCoordinator)).toBe(fleet);
    for (const app of apps) await app.close();
  });

  it('gives a request-scoped job its pass', async () => {
    const passes: unknown[] = [];
    @StealableJob({ every: HOUR })
    @Injectable({ scope: Scope.REQUEST })
    class Scoped {
      recruited({ pass }: Slice): Progress {
        passes.push(pass);
        return { done: 0 };
      }
    }
    const app = await application([Scoped]);
    expect(await recruitAll(app.get(Recruiter))).toMatchObject([{ outcome: 'idle' }]);
    expect(passes).toEqual([{ dueAt: expect.any(Date), isFirst: true }]);
    await app.close();
  });

  it('works on a method, and with the default share beside it', async () => {
    @Injectable()
    class Chores {
      @StealableJob()
      prune(): Progress {
        return { done: 0 };
      }

      @StealableJob({ every: { ms: 1000, scope: 'process' }, id: 'flush' })
      flush(): Progress {
        return { done: 1 };
      }
    }
    const app = await application([Chores]);
    expect(app.get(Recruiter).jobs).toMatchObject([
      { id: 'Chores.prune', rate: 0.01, isDefaultRate: true, period: undefined },
      { id: 'flush', rate: 0.01, isDefaultRate: true, period: { every: 1000, scope: 'process' } },
    ]);
    await app.close();
  });

  it('has a period of its own in each recruiter', async () => {
    @StealableJob({ every: HOUR, id: 'purge' })
    @Injectable()
    class One extends PurgeSessions {}
    @StealableJob({ every: HOUR, id: 'purge', recruiter: 'imports' })
    @Injectable()
    class Other extends PurgeSessions {}
    const imports = [WorkStealingTestingModule.forRoot(), WorkStealingModule.registerRecruiter('imports')];
    const app = await Test.createTestingModule({ imports, providers: [One, Other] }).compile();
    await app.init();
    await recruitAll(app.get(Recruiter));
    expect(app.get<Recruiter>(getRecruiterToken('imports')).jobs[0]!.period!.lastPass).toBeUndefined();
    await recruitAll(app.get(getRecruiterToken('imports')));
    expect([app.get(One).passes.length, app.get(Other).passes.length]).toEqual([1, 1]);
    await app.close();
  });
});

describe('@StealableJob({ every }) without a coordinator', () => {
  it('stops the bootstrap, with the place and the remedy, beside all other problems', async () => {
    @StealableJob({ every: 5, lease: { ttl: 1 } })
    @Injectable()
    class Wrong extends PurgeSessions {}
    const imports = [WorkStealingModule.forRoot()];
    const app = await Test.createTestingModule({ imports, providers: [PurgeSessions, Wrong] }).compile();
    app.useLogger(false);
    const error = await app.init().then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    expect(error!.message).toMatch(
      /Wrong in RootTestModule: every is 5; expected milliseconds from 100 to 2\^45/,
    );
    expect(error!.message).toMatch(/Wrong in RootTestModule: lease is set beside every/);
    expect(error!.message).toMatch(
      /PurgeSessions in RootTestModule: job 'PurgeSessions' has `every`.*WorkStealingRedisModule.*scope: 'process'/,
    );
  });

  it('names the job with its period in the line at the start', async () => {
    const lines: string[] = [];
    const log = jest.fn((line: string) => void lines.push(line));
    const app = await Test.createTestingModule({
      imports: [WorkStealingTestingModule.forRoot()],
      providers: [PurgeSessions],
    })
      .setLogger({ log, warn: log, error: log })
      .compile();
    await app.init();
    expect(lines.find((line) => line.includes('PurgeSessions'))).toMatch(/1 job: PurgeSessions every 3600 s/);
    await app.close();
  });
});
