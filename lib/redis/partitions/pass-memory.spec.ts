import { expect, it } from '@jest/globals';
import { PassMemory } from './pass-memory.js';

const pass = (dueAt: number, isFirst = false) => ({ dueAt: new Date(dueAt), isFirst });

it('PassMemory keeps its notes during a pass, and begins the next pass without any', () => {
  const memory = new PassMemory(() => new Set<number>());
  memory.of(pass(1))!.add(5);
  expect(memory.of(pass(1))!.has(5)).toBe(true);
  expect(memory.of(pass(2))!.size).toBe(0);
  memory.of(pass(2))!.add(5);
  expect(memory.of(pass(2, true))!.size).toBe(0);
  expect(memory.of(undefined)).toBeUndefined();
});
