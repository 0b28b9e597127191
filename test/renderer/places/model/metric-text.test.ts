import { describe, expect, it } from 'vitest';
import { limitText, metricText, metricTexts } from '../../../../renderer/places/model/metric-text.ts';
import { metricNames } from '../../../../server/autoscaler/metrics.ts';

describe('the words for what the autoscaler measures', () => {
  it('are there for each of its metrics, and for no other', () => {
    expect(Object.keys(metricTexts).toSorted()).toEqual([...metricNames].toSorted());
  });

  it('are the name of a metric that is not known', () => {
    expect(metricText('newMetric')).toBe('newMetric');
    expect(metricText('cpu')).toBe('CPU');
  });
});

it('what limits the number of copies is said in words, and by its name where it is new', () => {
  expect(limitText('down-window')).toBe('it waits before it takes one away');
  expect(limitText('moon')).toBe('moon');
});
