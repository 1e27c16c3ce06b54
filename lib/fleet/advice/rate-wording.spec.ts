import { describe, expect, it } from '@jest/globals';
import { count, counted, percent, rateText, span } from './rate-wording.js';

describe('The numbers of an advice', () => {
  it.each([
    [0, '0'],
    [7, '7'],
    [42, '42'],
    [0.036_49, '0.036'],
    [8.349, '8.3'],
    [99.96, '100'],
    [100, '100'],
    [1234.5, '1,235'],
    [12_345_678, '12,345,678'],
  ])('count %d as %s', (value, said) => {
    expect(count(value)).toBe(said);
  });

  it.each([
    [0, '0 slices'],
    [1, '1 slice'],
    [1.5, '1.5 slices'],
    [2000, '2,000 slices'],
  ])('name %d of something as %s', (value, said) => {
    expect(counted(value, 'slice')).toBe(said);
  });

  it.each([
    [0.5, '500 ms'],
    [1, '1 s'],
    [119, '119 s'],
    [120, '2 min'],
    [7199, '120 min'],
    [7200, '2 h'],
    [86_400, '24 h'],
  ])('give a time of %d s as %s', (seconds, said) => {
    expect(span(seconds)).toBe(said);
  });

  it('give a share in percent, and a rate with three digits', () => {
    expect(percent(0.0467)).toBe('4.7 %');
    expect(rateText(0.000_123_45)).toBe('0.000123');
  });
});
