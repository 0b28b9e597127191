/** A model as the gateway sees it, without replicas behind it: it answers nothing and only describes itself. */
import type { GatewayModel } from '../../server/gateway/model-catalog.ts';
import { ModelStatistics } from '../../server/metrics/model-statistics.ts';
import type { ModelFacts, TensorSpec } from '../../server/protocol/tensors.ts';

export interface FakeModelParts extends Partial<Omit<GatewayModel, 'facts'>> {
  readonly inputs?: readonly TensorSpec[];
  readonly outputs?: readonly TensorSpec[];
  readonly labels?: readonly string[];
  readonly featureNames?: readonly string[];
  /** The signature is not known yet. */
  readonly unloaded?: boolean;
}

export function fakeModel(parts: FakeModelParts = {}): GatewayModel {
  const { inputs = [], outputs = [], labels, featureNames, unloaded = false, ...overrides } = parts;
  const name = overrides.name ?? 'model';
  const batching = overrides.batching ?? { maxBatchSize: 64, maxDelayMs: 0, reason: 'Up to 64 rows share a run.' };
  const facts: ModelFacts = {
    name,
    version: '1',
    signature: { inputs, outputs },
    maxBatchSize: batching.maxBatchSize,
    labels,
    featureNames,
  };
  return {
    name,
    version: '1',
    description: undefined,
    state: 'READY',
    stateReason: '',
    isUnloaded: false,
    batching,
    takesPredict: true,
    desiredReplicas: 1,
    threads: 1,
    timeoutMs: 60_000,
    session: undefined,
    statistics: new ModelStatistics(),
    memoryBytes: 0,
    exampleRow: undefined,
    refusal() {
      return undefined;
    },
    submit() {
      throw new Error('A fake model answers nothing.');
    },
    ...overrides,
    facts: unloaded ? undefined : facts,
  };
}

export function spec(name: string, datatype: TensorSpec['datatype'], shape: readonly number[]): TensorSpec {
  return { name, datatype, shape };
}
