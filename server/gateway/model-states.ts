/** What the documents of the inference listener make of a model's state. */
import { MillraceError } from '../base/errors.ts';
import { tritonStatistics } from '../metrics/model-statistics.ts';
import type { GatewayModel, ModelCatalog } from './model-catalog.ts';

/** It answers, or it will once it is asked. */
export function answersRequests({ state }: GatewayModel): boolean {
  return state === 'READY' || state === 'IDLE' || state === 'UNLOADING';
}

/** As it should be: what a person unloaded keeps nobody waiting. */
export function isExpected(model: GatewayModel): boolean {
  return answersRequests(model) || model.isUnloaded;
}

/** The model itself where its documents can be written: one that never loaded has no signature to describe. */
export function loaded(model: GatewayModel): GatewayModel {
  if ((model.facts !== undefined && !model.isUnloaded) || model.state === 'READY') return model;
  throw new MillraceError('model-not-ready', `The model '${model.name}' is not ready: ${model.stateReason}`, {
    hint: 'POST /v2/repository/index lists the state of every model.',
    retryable: model.state === 'LOADING',
  });
}

/** One version, or all of a model's that are in service. Throws as `find`. */
export function versionsOf(catalog: ModelCatalog, name: string, version: string | undefined): readonly GatewayModel[] {
  const found = catalog.find(name, version);
  return version === undefined ? catalog.list().filter((model) => model.name === name) : [found];
}

export function statisticsOf(model: GatewayModel): object {
  return tritonStatistics(model.name, model.version, model.statistics, model.memoryBytes);
}
