import { describe, expect, it } from '@jest/globals';
import { PartitionRotation } from './partition-rotation.js';

const sorted = (windows: readonly (readonly number[])[]) => windows.flat().toSorted((a, b) => a - b);

describe('PartitionRotation', () => {
  it('visits each partition once, in windows of the size that was asked for', () => {
    const windows = [...new PartitionRotation(20).windows(8)];
    expect(windows.map(({ length }) => length)).toEqual([8, 8, 4]);
    expect(sorted(windows)).toEqual(Array.from({ length: 20 }, (_, partition) => partition));
  });

  it('begins after the last window that was taken', () => {
    const rotation = new PartitionRotation(20);
    const [first] = rotation.windows(8);
    const [second] = rotation.windows(8);
    expect(second![0]).toBe((first!.at(-1)! + 1) % 20);
  });

  it('begins one partition later where one window holds all, so that each is first in turn', () => {
    const rotation = new PartitionRotation(3);
    const firsts = Array.from({ length: 3 }, () => rotation.windows(8).next().value![0]);
    expect(new Set(firsts).size).toBe(3);
  });

  it('leaves out partitions that sleep, until they are due, for 30 s at most, or until all are woken', () => {
    let now = 0;
    const rotation = new PartitionRotation(4, () => now);
    const visited = () => sorted([...rotation.windows(8)]);
    rotation.sleep([0, 1], 100);
    rotation.sleep([2], undefined);
    expect(visited()).toEqual([3]);
    now = 100;
    expect(visited()).toEqual([0, 1, 3]);
    now = 30_000;
    expect(visited()).toEqual([0, 1, 2, 3]);
    rotation.sleep([0, 1, 2, 3], undefined);
    expect(visited()).toEqual([]);
    rotation.wake();
    expect(visited()).toEqual([0, 1, 2, 3]);
  });

  it('leaves out partitions that are done', () => {
    const windows = [...new PartitionRotation(5).windows(2, new Set([1, 3, 4]))];
    expect(sorted(windows)).toEqual([0, 2]);
  });
});
