/** Rules by which a Prometheus adapter makes the metrics per pod that an exported HPA may scale on. */
import { customMetricNames } from './horizontal-autoscaler.ts';

/** Values for the adapter's chart. Pods are told apart by the labels `namespace` and `pod`, which Prometheus adds. */
export function adapterValues(): object {
  const resources = { overrides: { namespace: { resource: 'namespace' }, pod: { resource: 'pod' } } };
  const rule = (series: string, name: string, metricsQuery: string) => ({
    seriesQuery: `${series}{namespace!="",pod!=""}`,
    resources,
    name: { as: name },
    metricsQuery,
  });
  return {
    rules: {
      custom: [
        rule(
          'nv_inference_pending_request_count',
          customMetricNames.queuePerReplica,
          'sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)',
        ),
        rule(
          'nv_inference_request_success',
          customMetricNames.requestRate,
          'sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)',
        ),
      ],
    },
  };
}
