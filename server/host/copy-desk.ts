/**
 * What a person can have done with single copies of the running host: the list, drain, resume, restart. A copy is a replica; its name,
 * `<model>/<version>#<number>`, is that of its place and outlives its process.
 */
import { MillraceError } from '../base/errors.ts';
import type { CopyOrders } from '../admin/copy-routes.ts';
import type { Call } from '../balancer/call.ts';
import type { Replica } from '../cluster/replica.ts';
import type { CopyView } from '../protocol/admin/copy-view.ts';
import type { NewHostEvent } from '../protocol/admin/host-event.ts';
import type { Catalog } from './catalog.ts';
import { replicaView } from './replica-view.ts';
import type { Residency } from './residency.ts';
import type { ServedModel } from './served-model.ts';

export interface CopyDeskParts {
  readonly catalog: Catalog;
  readonly residency: Residency;
  readonly onEvent: (event: NewHostEvent) => void;
}

export class CopyDesk implements CopyOrders {
  readonly #parts: CopyDeskParts;

  constructor(parts: CopyDeskParts) {
    this.#parts = parts;
  }

  list(): CopyView[] {
    const nowMs = performance.now();
    return this.#parts.catalog.list().flatMap((model) =>
      model.everyReplica.flatMap((replica) => {
        const view = replicaView(replica, nowMs);
        return view === undefined ? [] : [{ model: model.name, version: model.version, ...view }];
      }),
    );
  }

  drain(name: string): CopyView {
    return this.#setDrained(name, true);
  }

  resume(name: string): CopyView {
    return this.#setDrained(name, false);
  }

  restart(name: string): (signal: AbortSignal) => Promise<CopyView | undefined> {
    const { model, replica } = this.#find(name);
    return async (signal) => {
      const { residency } = this.#parts;
      const isRoom = residency.usedBytes + residency.neededBytes(model, 1) <= residency.budgetBytes;
      this.#say(
        model,
        isRoom
          ? `${name} is restarted by hand; it answers until the new process is ready.`
          : `${name} is restarted by hand; it ends first, because memory does not hold both.`,
        { copy: name, pid: replica.pid, isBeside: isRoom },
      );
      const next = await model.copies.restart(replica, isRoom, signal);
      return next && this.#view(model, next);
    };
  }

  #setDrained(name: string, isDrained: boolean): CopyView {
    const { model, replica } = this.#find(name);
    if (replica.isDrained !== isDrained) {
      model.copies.setDrained(replica, isDrained);
      this.#say(
        model,
        isDrained
          ? `${name} is drained by hand: it answers what it has and gets nothing new.`
          : `${name} takes requests again, by hand.`,
        { copy: name, pid: replica.pid },
      );
    }
    return this.#view(model, replica);
  }

  #find(name: string): { readonly model: ServedModel; readonly replica: Replica<Call> } {
    const models = this.#parts.catalog.list();
    for (const model of models) {
      const replica = model.copies.find(name);
      if (replica !== undefined) return { model, replica };
    }
    const names = models.flatMap(({ replicas }) => replicas.map((replica) => replica.name));
    throw new MillraceError('not-found', `There is no copy of the name ${name.slice(0, 120)}.`, {
      hint: `There is: ${names.slice(0, 20).join(', ') || 'none'}.`,
    });
  }

  #view({ name: model, version }: ServedModel, replica: Replica<Call>): CopyView {
    const view = replicaView(replica, performance.now());
    if (view !== undefined) return { model, version, ...view };
    throw new MillraceError('conflict', `${replica.name} has just ended; a new process is on its way.`);
  }

  #say({ name: model }: ServedModel, sentence: string, facts: Record<string, unknown>): void {
    this.#parts.onEvent({ kind: 'replica', severity: 'info', model, sentence, facts });
  }
}
