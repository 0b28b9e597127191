import { describe, expect, it } from 'vitest';
import { metricText, metricTexts } from '../../../../renderer/places/model/metric-text.ts';
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
