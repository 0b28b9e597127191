/**
 * One request's way through the cache when its bytes are new: it joins the flight of its equals, looks, runs where nothing is
 * found, and saves what comes out. Ends once: answered, failed, or withdrawn. See cached-model.ts.
 */
import type { Answer } from '../balancer/call.ts';
import { deadlinePassed } from '../balancer/call-errors.ts';
import type { SavedAnswer } from '../cache/prediction-cache.ts';
import type { Passenger } from '../cache/single-flight.ts';
import type { CachedModel, Visit } from './cached-model.ts';
import { packedAnswer } from './savable-request.ts';
import type { SavableRequest } from './savable-request.ts';

export class Passage implements Passenger<SavedAnswer> {
  readonly deadlineMs: number;
  readonly #owner: CachedModel;
  readonly #visit: Visit;
  readonly #savable: SavableRequest;
  readonly #flightKey: string;
  #withdrawRun: (() => void) | undefined;
  #ended = false;

  constructor(owner: CachedModel, visit: Visit, savable: SavableRequest) {
    this.deadlineMs = visit.request.deadlineMs;
    this.#owner = owner;
    this.#visit = visit;
    this.#savable = savable;
    // An urgent request does not wait for one that may wait.
    this.#flightKey = visit.request.priority === 'batch' ? `${savable.key} batch` : savable.key;
  }

  begin(): void {
    const { saved } = this.#visit.request;
    // Whoever sets a limit to the age looks alone: the others' leader may find what is too old for it.
    if (saved === undefined) this.#owner.flights.board(this.#flightKey, this);
    else if (saved.maxAgeSeconds > 0) this.lead();
    else this.proceed();
  }

  lead(): void {
    const { name, store } = this.#owner.options;
    store!.cache.look(name, this.#savable.key, Date.now(), (saved) => {
      if (this.#ended) return;
      const isFresh = saved !== undefined && this.#owner.isFresh(saved, this.#visit.request.saved?.maxAgeSeconds);
      if (isFresh && this.#deliver(saved)) this.#owner.flights.land(this.#flightKey, this, saved);
      else this.proceed();
    });
  }

  share(saved: SavedAnswer): void {
    if (!this.#deliver(saved)) this.proceed();
  }

  proceed(): void {
    if (this.#ended) return;
    const { request, startedMs, onError } = this.#visit;
    const { statistics, run } = this.#owner.options;
    statistics().recordCacheMiss(performance.now() - startedMs);
    const withdraw = run(
      { ...request, wantsOutputs: true },
      (answer) => this.#onRun(answer),
      (error) => {
        if (!this.#end()) return;
        onError(error);
        this.#owner.flights.fail(this.#flightKey, this);
      },
    );
    // It may have been refused at once.
    if (!this.#ended) this.#withdrawRun = withdraw;
  }

  expire(): void {
    if (!this.#end()) return;
    const { request, onError } = this.#visit;
    this.#owner.options.statistics().recordFailure('REJECTED', performance.now() - request.receivedMs);
    onError(deadlinePassed({ request, state: 'sent' }));
  }

  /** The client has gone. */
  withdraw(): void {
    if (!this.#end()) return;
    const totalMs = performance.now() - this.#visit.request.receivedMs;
    // A run counts its own end.
    if (this.#withdrawRun === undefined) this.#owner.options.statistics().recordFailure('CANCELED', totalMs);
    else this.#withdrawRun();
    this.#owner.flights.leave(this.#flightKey, this);
  }

  #onRun(answer: Answer): void {
    if (!this.#end()) return;
    const saved = this.#save(answer);
    this.#visit.onAnswer({ ...answer, cache: 'miss' });
    this.#owner.flights.land(this.#flightKey, this, saved);
  }

  #save(answer: Answer): SavedAnswer | undefined {
    const { name, store, settings } = this.#owner.options;
    const outputs = packedAnswer(answer, this.#savable);
    const runMs = runTime(answer) ?? performance.now() - this.#visit.request.receivedMs;
    this.#owner.gate.onRun(answer.type === 'result' ? runMs / answer.cost.batchRows : runMs);
    if (outputs === undefined) return undefined;
    const storedMs = Date.now();
    const saved = { outputs, storedMs, runMs };
    store!.cache.save({
      ...saved,
      model: name,
      key: this.#savable.key,
      expiresMs: storedMs + settings.ttlSeconds * 1000,
    });
    // Who asked for a new answer has replaced the old one, also for those who send the same bytes.
    if (this.#visit.request.saved !== undefined) store!.recent.remove(this.#visit.scope, this.#visit.body);
    return saved;
  }

  #deliver(saved: SavedAnswer): boolean {
    if (this.#ended) return true;
    // First the end: the answer may bring the client's next request.
    this.#ended = true;
    if (this.#owner.deliver(this.#visit, { savable: this.#savable, saved, encoded: undefined })) {
      this.#owner.onPassageEnded();
      return true;
    }
    this.#ended = false;
    return false;
  }

  /** True the first time. */
  #end(): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    this.#owner.onPassageEnded();
    return true;
  }
}

/** What the model did for this answer, milliseconds; undefined where another server did it. */
function runTime(answer: Answer): number | undefined {
  if (answer.type !== 'result') return undefined;
  const { inputMs, inferMs, outputMs } = answer.cost;
  return inputMs + inferMs + outputMs;
}
