/** A served model version as the history recorder sees it. */
import type { RecordedVersion } from './history-recorder.ts';
import type { ServedModel } from './served-model.ts';

export function recordedVersion(model: ServedModel): RecordedVersion {
  const { queued, inFlight, desiredReplicas, readyReplicas } = model.reading();
  return {
    name: model.name,
    statistics: model.statistics,
    queued,
    inFlight,
    copiesWanted: desiredReplicas,
    copiesReady: readyReplicas,
    replicas: model.replicas,
  };
}
