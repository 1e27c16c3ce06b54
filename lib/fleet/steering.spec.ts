import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { Recruiter } from '../recruiter/recruiter.js';
import { keyOf } from './target.js';
import type { Orders } from './orders.js';
import { Steering } from './steering.js';

const job = { recruited: () => undefined };
const told = { by: 'ann', at: new Date(0) };
let revisions = 0;

/** Orders of the default recruiter: rates by job, and jobs that are paused, `undefined` for all of them. */
function orders(rates: Record<string, number>, paused: (string | undefined)[] = []): Orders {
  const key = (id?: string) =>
    keyOf(id === undefined ? { recruiter: 'default' } : { recruiter: 'default', id });
  return {
    revision: ++revisions,
    rates: new Map(Object.entries(rates).map(([id, rate]) => [key(id), { rate, ...told }])),
    pauses: new Map(paused.map((id) => [key(id), told])),
  };
}

function start(declared: Record<string, number>) {
  const recruiter = new Recruiter();
  const undo = new Map(Object.entries(declared).map(([id, rate]) => [id, recruiter.install(job, id, rate)]));
  const warn = jest.fn();
  const steering = new Steering([recruiter], warn);
  const rates = () => Object.fromEntries(recruiter.jobs.map(({ id, rate }) => [id, rate]));
  const declaredRates = () =>
    Object.fromEntries(recruiter.jobs.map((each) => [each.id, steering.declaredRate('default', each).rate]));
  return { recruiter, steering, warn, rates, declaredRates, undo };
}

/** Shares of 1 for five jobs, in 64ths: their sums are exact. */
const shares = fc.array(fc.integer({ min: 0, max: 64 }), { minLength: 5, maxLength: 5 }).map((parts) => {
  let left = 64;
  return Object.fromEntries(
    parts.map((part, index) => {
      const share = Math.min(part, left);
      left -= share;
      return [`job ${index}`, share / 64];
    }),
  );
});

describe('Steering', () => {
  it('comes from any rates that fit to any others, and back to the declared ones', () => {
    fc.assert(
      fc.property(shares, fc.array(shares, { minLength: 1, maxLength: 5 }), (declared, wishes) => {
        const { steering, rates, declaredRates, warn } = start(declared);
        for (const wish of wishes) {
          // A recruiter throws at whatever would make its rates more than 1, on the way as well.
          steering.apply(orders(wish));
          expect(rates()).toEqual(wish);
          expect(declaredRates()).toEqual(declared);
        }
        steering.apply(orders({}));
        expect(rates()).toEqual(declared);
        expect(warn).not.toHaveBeenCalled();
      }),
      { seed: 1 },
    );
  });

  it('leaves rates alone that would not fit, and says so once', () => {
    const { steering, rates, warn } = start({ a: 0.5, b: 0.4 });
    const wish = orders({ a: 0.7 });
    steering.apply(wish);
    steering.apply(wish);
    expect(rates()).toEqual({ a: 0.5, b: 0.4 });
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/cannot be applied to recruiter 'default'.* 1\.1.*, more than 1/)],
    ]);
    steering.apply(orders({ a: 0.6 }));
    expect(rates()).toEqual({ a: 0.6, b: 0.4 });
  });

  it('takes up the order for a job that is installed later, and for one that is installed anew', () => {
    const { recruiter, steering, rates, declaredRates, undo } = start({ a: 0.5 });
    const wish = orders({ a: 0.1, late: 0.2 }, ['late']);
    steering.apply(wish);
    recruiter.install(job, 'late', 0.3);
    undo.get('a')!();
    recruiter.install(job, 'a', 0.4);
    steering.apply(wish);
    expect(rates()).toEqual({ late: 0.2, a: 0.1 });
    expect(declaredRates()).toEqual({ late: 0.3, a: 0.4 });
    expect(recruiter.jobs.map(({ paused }) => paused)).toEqual([true, false]);
  });

  it('takes a rate that code sets below an override for the declared one', () => {
    const { recruiter, steering, rates } = start({ a: 0.5 });
    const wish = orders({ a: 0.1 });
    steering.apply(wish);
    recruiter.setRate('a', 0.3);
    steering.apply(wish);
    expect(rates()).toEqual({ a: 0.1 });
    steering.apply(orders({}));
    expect(rates()).toEqual({ a: 0.3 });
  });

  it('gives a job the default rate back that had it, not the number that it was then', () => {
    const { recruiter, steering, rates } = start({ a: 0.5 });
    recruiter.install(job, 'plain', {});
    recruiter.install(job, 'other', {});
    const read = () => recruiter.jobs.find(({ id }) => id === 'plain')!;
    const wish = orders({ plain: 0.25 });
    steering.apply(wish);
    steering.apply(wish);
    expect(read()).toMatchObject({ rate: 0.25, isDefaultRate: false });
    expect(steering.declaredRate('default', read())).toEqual({ rate: 0.01, isDefault: true });
    recruiter.setRate('a', 0.75);
    expect(rates()).toEqual({ a: 0.75, plain: 0.25, other: 0 });
    steering.apply(orders({ a: 0.99 }));
    expect(read()).toMatchObject({ isDefaultRate: true });
    expect(rates()).toEqual({ a: 0.99, plain: expect.closeTo(0.005), other: expect.closeTo(0.005) });
    steering.apply(orders({}));
    expect(rates()).toEqual({ a: 0.75, plain: 0.01, other: 0.01 });
  });

  it('does not count default rates among those that must fit', () => {
    const { recruiter, steering, rates, warn } = start({ a: 0.5 });
    recruiter.install(job, 'plain', {});
    steering.apply(orders({ a: 1 }));
    expect(rates()).toEqual({ a: 1, plain: 0 });
    expect(warn).not.toHaveBeenCalled();
  });

  it('turns a default rate off by 0, and on again', () => {
    const { recruiter, steering } = start({});
    recruiter.install(job, 'plain', {});
    steering.apply(orders({ plain: 0 }));
    expect(recruiter.jobs).toMatchObject([{ rate: 0, isDefaultRate: false }]);
    steering.apply(orders({}));
    expect(recruiter.jobs).toMatchObject([{ rate: 0.01, isDefaultRate: true }]);
  });

  it('leaves the rate of a job with `every` alone where 0 was set, says so once, and applies the rest', () => {
    const { recruiter, steering, rates, warn } = start({ a: 0.5 });
    recruiter.install(job, 'purge', { rate: 0.2, every: { ms: 1000, scope: 'process' } });
    const wish = orders({ a: 0.1, purge: 0 });
    steering.apply(wish);
    steering.apply(wish);
    expect(rates()).toEqual({ a: 0.1, purge: 0.2 });
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/rate of 0 .* job 'purge' of recruiter 'default'.*pause the job instead/)],
    ]);
  });

  it('ends the pauses that it began, and none of the code’s', () => {
    const { recruiter, steering } = start({ a: 0.1, b: 0.1, c: 0.1 });
    const paused = () => recruiter.jobs.map(({ paused: is }) => is);
    recruiter.pause('c');
    steering.apply(orders({}, ['a', undefined]));
    expect(paused()).toEqual([true, true, true]);
    steering.apply(orders({}, ['b']));
    expect(paused()).toEqual([false, true, true]);
    steering.apply(orders({}));
    expect(paused()).toEqual([false, false, true]);
  });

  it('does not go back to orders that are older', () => {
    const { steering, rates } = start({ a: 0.5 });
    const [older, newer] = [orders({ a: 0.1 }), orders({ a: 0.2 })];
    steering.apply(newer);
    steering.apply(older);
    expect(rates()).toEqual({ a: 0.2 });
  });
});
