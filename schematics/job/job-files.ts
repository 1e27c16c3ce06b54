/** What the files of a job are made from. */
export interface JobFile {
  readonly className: string;
  /** The decorator that says what it is called and when it runs. */
  readonly decorator: string;
  /** How the spec imports the job. */
  readonly specifier: string;
  /** The package of the project's client of Redis. */
  readonly client: string;
}

/** The job: it compiles, runs, and says that there is nothing to do until its author fills in what is. */
export function jobSource({ className, decorator }: JobFile): string {
  return `import { Injectable } from '@nestjs/common';
import { StealableJob, type Progress, type Slice } from 'nestjs-work-stealing';

/** The most that one slice does: few enough for 20 to 50 ms. */
const LIMIT = 50;

${decorator}
@Injectable()
export class ${className} {
  async recruited(slice: Slice): Promise<Progress> {
    let done = 0;
    while (done < LIMIT && slice.timeRemaining() > 5 && (await this.doOne())) {
      done++;
    }
    return { done, limit: LIMIT };
  }

  /** Does the next small piece of the work; false: there is none. Must be safe to repeat. */
  private doOne(): Promise<boolean> {
    return Promise.resolve(false);
  }
}
`;
}

/** A spec for Jest and Vitest with their globals, as the CLI's own specs are. */
export function specSource({ className, specifier }: JobFile): string {
  return `import { Test, TestingModule } from '@nestjs/testing';
import { Recruiter } from 'nestjs-work-stealing';
import {
  recruitAll,
  WorkStealingTestingModule,
} from 'nestjs-work-stealing/testing';
import { ${className} } from '${specifier}';

describe('${className}', () => {
  let app: TestingModule;

  beforeEach(async () => {
    app = await Test.createTestingModule({
      imports: [WorkStealingTestingModule.forRoot()],
      providers: [${className}],
    }).compile();
    await app.init(); // recruiting begins when bootstrap is complete
  });

  afterEach(() => app.close());

  it('should have nothing to do at first', async () => {
    const [report] = await recruitAll(app.get(Recruiter));
    expect(report).toMatchObject({
      jobId: '${className}',
      outcome: 'idle',
      done: 0,
    });
  });
});
`;
}
