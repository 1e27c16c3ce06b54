import { expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { Duty, StealableJob, WorkStealingModule } from 'nestjs-work-stealing';
import { deterministic } from 'nestjs-work-stealing/testing';

it('A job says itself what is wrong with its options, and its application does not start', async () => {
  @StealableJob({ rate: 0.1, budget: 5 })
  class Hasty {
    recruited = () => Duty.DISMISSED;
    problemsWith({ budget }: { budget?: number }): string[] {
      return budget === 5 ? ['budget is 5, and no slice of this job is done by then'] : [];
    }
  }
  @StealableJob({ rate: 0.1, budget: 50 })
  class Patient extends Hasty {}
  const start = (provider: new () => Hasty) =>
    Test.createTestingModule({
      imports: [WorkStealingModule.forRoot(deterministic())],
      providers: [provider],
    }).compile();
  const refused = await start(Hasty);
  await expect(refused.init()).rejects.toThrow(
    /Hasty in RootTestModule: budget is 5, and no slice of this job is done by then/,
  );
  const app = await start(Patient);
  await app.init();
  await app.close();
});
