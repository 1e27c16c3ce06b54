import { describe, expect, it } from '@jest/globals';
import type { Coordinator } from './coordinator.js';
import { uncoordinatedProblem } from './coordinator.js';
import { WorkStealingConfigError } from '../../options/errors.js';
import { Recruiter } from '../recruiter.js';

const lease = { acquire: async () => undefined };
const pace = { take: async () => 0 };

describe('useCoordinator()', () => {
  const refused = (coordinator: unknown) => {
    try {
      new Recruiter('r').useCoordinator(coordinator as Coordinator);
    } catch (error) {
      expect(error).toBeInstanceOf(WorkStealingConfigError);
      return (error as Error).message;
    }
    return undefined;
  };

  it.each([undefined, null, 5, {}, { leases: lease }])('refuses %p, which offers nothing', (coordinator) => {
    expect(refused(coordinator)).toMatch(
      /^Recruiter "r": useCoordinator\(\): the coordinator is .+; expected an object with at least one of lease, pace, period, fleetSize$/,
    );
  });

  it('refuses parts without their methods, and names them all', () => {
    expect(refused({ lease: {}, pace: { take: 5 }, period: { claim: () => {}, renew: () => {} } })).toBe(
      'Recruiter "r": useCoordinator(): lease is {}; it has no method acquire(); ' +
        'pace is { take: 5 }; it has no method take(); ' +
        'period is { claim: [Function: claim], renew: [Function: renew] }; it has no method report()',
    );
    expect(refused({ lease: null })).toMatch(/lease is null; it has no method acquire\(\)/);
  });

  it('takes several coordinators that offer different parts, and refuses a second one of the same', () => {
    const recruiter = new Recruiter('r');
    recruiter.useCoordinator({ lease });
    const undo = recruiter.useCoordinator({ pace });
    expect(() => recruiter.useCoordinator({ lease, pace })).toThrow(
      /another coordinator already offers lease.*another coordinator already offers pace/,
    );
    undo();
    expect(() => recruiter.useCoordinator({ pace })).not.toThrow();
  });

  it('undoes itself alone, however often its undo is called', () => {
    const recruiter = new Recruiter('r');
    const coordinator = { lease };
    const undo = recruiter.useCoordinator(coordinator);
    undo();
    recruiter.useCoordinator(coordinator);
    undo();
    expect(() => recruiter.useCoordinator({ lease: { ...lease } })).toThrow(/already offers lease/);
  });
});

describe('The problem of a job that asks for what nothing coordinates', () => {
  it.each(['lease', 'pace'] as const)('names the job, its %s, and what offers it', (part) => {
    expect(uncoordinatedProblem('job', part)).toBe(
      `job 'job' has a ${part}, which nothing coordinates: import WorkStealingRedisModule of ` +
        `"nestjs-work-stealing/redis" (or pass a coordinator to recruiter.useCoordinator())`,
    );
  });
});
