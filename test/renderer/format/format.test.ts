import { describe, expect, it } from 'vitest';
import * as format from '../../../renderer/format/format.ts';

const { answerNumber, bytesText, durationText, rateText, shareText, timeText } = format;

describe('times', () => {
  it.each([
    [undefined, '–'],
    [Number.NaN, '–'],
    [0, '0 ms'],
    [0.126, '0.13 ms'],
    [3.46, '3.46 ms'],
    [34.56, '34.6 ms'],
    [345.6, '346 ms'],
    [999.4, '999 ms'],
    [999.6, '1 s'],
    [12_340, '12.3 s'],
    [119_949, '120 s'],
    [180_000, '3 min'],
    [7_200_000, '2 h'],
    [172_800_000, '2 days'],
  ])('%s milliseconds read %s', (ms, text) => {
    expect(durationText(ms, 'en').replaceAll('\u{202F}', ' ')).toBe(text);
  });
});

describe('sizes', () => {
  it.each([
    [0, '0 bytes'],
    [999, '999 bytes'],
    [999.6, '1 KB'],
    [1_234_567, '1.23 MB'],
    [85_100_000, '85.1 MB'],
    [2_500_000_000, '2.5 GB'],
    [4e15, '4,000 TB'],
  ])('%s bytes read %s', (bytes, text) => {
    expect(bytesText(bytes, 'en').replaceAll('\u{202F}', ' ')).toBe(text);
  });
});

describe('rates', () => {
  it.each([
    [0, '0/s'],
    [0.05, '3/min'],
    [0.99, '59.4/min'],
    [1, '1/s'],
    [1234.5, '1,235/s'],
  ])('%s per second read %s', (rate, text) => {
    expect(rateText(rate, 'en')).toBe(text);
  });
});

describe('answers', () => {
  it.each([
    [0.123_456_789, '0.12346'],
    [152.133_48, '152.13'],
    [0.000_012_3, '1.230e-5'],
    [-3, '-3'],
    [12_345_678_901, '1.235e+10'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
  ])('%s reads %s', (value, text) => {
    expect(answerNumber(value, 'en')).toBe(text);
  });

  it('shares are percent with one decimal', () => {
    expect(shareText(0.9812, 'en')).toBe('98.1%');
  });
});

describe('a time of day', () => {
  const iso = '2026-03-04T12:34:56.000Z';

  it('has no date today, and one on other days', () => {
    expect(timeText(iso, Date.parse(iso) + 1000, 'en-GB')).toMatch(/^\d\d:34:56$/);
    expect(timeText(iso, Date.parse(iso) + 3 * 86_400_000, 'en-GB')).toMatch(/Mar/);
  });
});
