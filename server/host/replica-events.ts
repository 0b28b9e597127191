/** How what replicas report reaches the dispatcher: the one place where cluster and balancer, which do not know each other, meet. */
import type { MillraceError } from '../base/errors.ts';
import type { Call } from '../balancer/call.ts';
import type { Dispatcher } from '../balancer/dispatcher.ts';
import type { Replica } from '../cluster/replica.ts';
import type { ReplicaSetEvents } from '../cluster/replica-set.ts';
import { splitOutputs } from '../protocol/packed-outputs.ts';

export interface ReplicaHooks {
  /** Before it is sent anything. */
  onReady(replica: Replica<Call>): void;
  onGone(replica: Replica<Call>): void;
  onGivenUp(reason: MillraceError | undefined): void;
}

export function replicaEvents(dispatcher: Dispatcher, hooks: ReplicaHooks): ReplicaSetEvents<Call> {
  return {
    onReady: (replica) => {
      hooks.onReady(replica);
      dispatcher.addUpstream(replica);
    },
    onResult: (replica, call, head, body) => {
      const { jsonLength } = head;
      const parts = splitOutputs(body, head.outputsBytes);
      dispatcher.onAnswer(replica, call, { type: 'result', upstream: replica.name, ...parts, jsonLength, cost: head });
    },
    onFailure: (replica, call, error) => {
      dispatcher.onFailure(replica, call, error.code === 'client-gone' ? 'client-gone' : 'model-error', error);
    },
    onLost: (replica, running, waiting) => {
      dispatcher.removeUpstream(replica);
      dispatcher.onLost(replica, running, waiting);
    },
    onGivenBack: (replica, calls) => dispatcher.onGivenBack(replica, calls),
    onCapacity: () => dispatcher.onCapacity(),
    onGone: (replica) => hooks.onGone(replica),
    onGivenUp: (reason) => hooks.onGivenUp(reason),
  };
}
