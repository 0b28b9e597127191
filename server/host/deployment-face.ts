/** What clients see of a model that they name without a version: what the version that answers says of itself. */
import type { MillraceError } from '../base/errors.ts';
import type { Answer, CallClient, CallRequest } from '../balancer/call.ts';
import type { GatewayModel, ModelState } from '../gateway/model-catalog.ts';
import type { ModelStatistics } from '../metrics/model-statistics.ts';
import type { ModelFacts } from '../protocol/tensors.ts';
import type { ServedModel } from './served-model.ts';

export abstract class DeploymentFace implements GatewayModel {
  abstract readonly name: string;
  abstract readonly isUnloaded: boolean;
  /** The version that answers. */
  abstract readonly served: ServedModel;

  abstract refusal(client?: CallClient): MillraceError | undefined;
  abstract submit(
    request: CallRequest,
    onAnswer: (answer: Answer) => void,
    onError: (error: MillraceError) => void,
  ): () => void;

  get version(): string {
    return this.served.version;
  }
  get description(): string | undefined {
    return this.served.description;
  }
  get state(): ModelState {
    return this.served.state;
  }
  get stateReason(): string {
    return this.served.stateReason;
  }
  get facts(): ModelFacts | undefined {
    return this.served.facts;
  }
  get batching(): GatewayModel['batching'] {
    return this.served.batching;
  }
  get desiredReplicas(): number {
    return this.served.desiredReplicas;
  }
  get threads(): number {
    return this.served.threads;
  }
  get timeoutMs(): number {
    return this.served.timeoutMs;
  }
  get session(): GatewayModel['session'] {
    return this.served.session;
  }
  get statistics(): ModelStatistics {
    return this.served.statistics;
  }
  get memoryBytes(): number {
    return this.served.memoryBytes;
  }
  get takesPredict(): boolean {
    return this.served.takesPredict;
  }
  get exampleRow(): readonly number[] | undefined {
    return this.served.exampleRow;
  }
}
