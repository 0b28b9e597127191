/**
 * The prediction cache where it meets a model: whether a request may be answered from it, and what happens to one that may.
 *
 *   submit ─► may it, and is it worth it? ─ no ─► run                                        X-Millrace-Cache: off
 *              ▼
 *           the same bytes as lately? ─ yes ─► the same answer                               hit; age=…
 *              ▼ no: read the body, make the key
 *           single flight ─► look ─ found ─► written in the request's form                   hit; age=…
 *              ▲                │ not found
 *              └── share ◄──── run, save                                                      miss
 *
 * Whatever goes wrong with the cache, the request is run as if there were none: a body that cannot be read here is the
 * replica's to refuse, with the replica's words. One request's way through a flight is passage.ts.
 */
import { asMillraceError } from '../base/errors.ts';
import type { MillraceError } from '../base/errors.ts';
import type { Answer, CallRequest } from '../balancer/call.ts';
import { cacheKey } from '../cache/cache-key.ts';
import { LookupGate } from '../cache/lookup-gate.ts';
import type { Admission } from '../cache/lookup-gate.ts';
import type { PredictionCache, SavedAnswer } from '../cache/prediction-cache.ts';
import { checksumOf } from '../cache/recent-answers.ts';
import type { RecentAnswers, Scope } from '../cache/recent-answers.ts';
import { SingleFlight } from '../cache/single-flight.ts';
import type { ModelStatistics } from '../metrics/model-statistics.ts';
import { isEncoded } from '../protocol/encoded-images.ts';
import { joined } from '../protocol/frames.ts';
import type { ModelFacts, Tensor } from '../protocol/tensors.ts';
import { Passage } from './passage.ts';
import { encodeSaved, readSavable } from './savable-request.ts';
import type { EncodedAnswer, SavableRequest } from './savable-request.ts';

/** Larger bodies are not looked up, bytes: reading them here would hold up every other request. */
const maxSavableBodyBytes = 64 * 1024;

/** How often deadlines of those that wait for others' answers are looked at, milliseconds. */
const sweepIntervalMs = 25;

export interface CacheSettings {
  readonly isEnabled: boolean;
  readonly ttlSeconds: number;
  /** Other servers may answer for the model as well, whose contents nobody here knows. */
  readonly hasRemotes: boolean;
  /** The owner has switched the cache on for such a model. */
  readonly allowsRemotes: boolean;
}

/** Where answers are kept, for all models of a host. */
export interface AnswerStore {
  readonly cache: PredictionCache;
  readonly recent: RecentAnswers<RecentAnswer>;
  /** Undefined where the store's own settings bound it. */
  readonly maxBytes: number | undefined;
}

export interface RecentAnswer {
  readonly savable: SavableRequest;
  readonly saved: SavedAnswer;
  /** Undefined where the answer says how long it took. */
  readonly encoded: EncodedAnswer | undefined;
}

/** Takes a request and answers it; the returned function withdraws it. See GatewayModel.submit. */
export type Run = (
  request: CallRequest,
  onAnswer: (answer: Answer) => void,
  onError: (error: MillraceError) => void,
) => () => void;

export interface CachedModelOptions {
  readonly name: string;
  readonly settings: CacheSettings;
  /** Undefined where the host keeps no answers at all. */
  readonly store: AnswerStore | undefined;
  /** They may begin anew. */
  statistics(): ModelStatistics;
  /** Undefined until the model has been loaded once. */
  facts(): ModelFacts | undefined;
  /** Identity of what the model is; undefined while it is not known. */
  digest(): string | undefined;
  /** What else stands against keeping its answers, a word for the header. */
  obstacle(): string | undefined;
  readonly run: Run;
}

let lastSerial = 0;

export class CachedModel {
  readonly options: CachedModelOptions;
  readonly flights = new SingleFlight<SavedAnswer>();
  readonly gate = new LookupGate();
  /** A model version served anew is another one: what was recent of the old one is not found. */
  readonly #serial = ++lastSerial;
  #sweeper: NodeJS.Timeout | undefined;
  /** Passages that have not ended: they look, wait for their equals, or run. */
  #open = 0;
  #onQuiet: (() => void) | undefined;

  constructor(options: CachedModelOptions) {
    this.options = options;
  }

  /** Why no answer of this model is looked up or saved now, as the header says it; undefined while they are. */
  get whyOff(): string | undefined {
    const { settings, store } = this.options;
    if (!settings.isEnabled || store === undefined) return 'off';
    if (settings.hasRemotes && !settings.allowsRemotes) return 'off; reason=remote';
    if (!store.cache.isUsable) return 'off; reason=unavailable';
    const obstacle = this.options.obstacle();
    if (obstacle !== undefined) return `off; reason=${obstacle}`;
    if (this.options.facts() === undefined || this.options.digest() === undefined) return 'off; reason=starting';
    return undefined;
  }

  readonly submit: Run = (request, onAnswer, onError) => {
    const startedMs = performance.now();
    const whyOff = this.whyOff ?? whyNot(request);
    if (whyOff !== undefined) return this.#pass(request, whyOff, onAnswer, onError);
    const body = joined(request.body);
    const scope = this.#scopeOf(request);
    // Who says what it wants of saved answers gets it.
    const admission =
      request.saved === undefined ? this.gate.admit(() => checksumOf(scope, body), startedMs) : 'looked-up';
    if (admission === 'passed-by') return this.#pass(request, 'off; reason=rare', onAnswer, onError);
    const visit = { request, body, scope, admission, startedMs, onAnswer, onError };
    const recent = request.saved === undefined ? this.options.store!.recent.find(visit.scope, body) : undefined;
    if (recent !== undefined && this.isFresh(recent.saved, undefined) && this.deliver(visit, recent)) return () => {};
    const savable = this.#read(request, body);
    if (savable === undefined) return this.#pass(request, 'off; reason=form', onAnswer, onError);
    const passage = new Passage(this, visit, savable);
    this.#open++;
    passage.begin();
    if (this.flights.waiting > 0) this.#sweeper ??= setInterval(() => this.#sweep(), sweepIntervalMs);
    return () => passage.withdraw();
  };

  /** A request on its way through the cache has been answered, or nobody waits for it any more. */
  onPassageEnded(): void {
    if (--this.#open === 0) this.#onQuiet?.();
  }

  /** Resolves when no request is on its way: one that still looks is known to nobody else and may yet want to be run. */
  async whenQuiet(): Promise<void> {
    if (this.#open > 0) await new Promise<void>((resolve) => (this.#onQuiet = resolve));
  }

  /** Ends waiting for others' answers where the time is over; the timer runs only while somebody waits. */
  #sweep(): void {
    this.flights.sweep(performance.now());
    if (this.flights.waiting > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }

  /** Whether a saved answer may be given: young enough for the model's settings, and for the request's own wish. */
  isFresh({ storedMs }: SavedAnswer, maxAgeSeconds: number | undefined): boolean {
    const ageMs = Date.now() - storedMs;
    // An answer from the future was saved before somebody set the clock: nobody knows its age.
    return ageMs <= Math.min(this.options.settings.ttlSeconds, maxAgeSeconds ?? Infinity) * 1000 && ageMs >= -1000;
  }

  /** Answers from what is saved, and counts it. False where that cannot be read and the request has to be run. */
  deliver(visit: Visit, found: RecentAnswer): boolean {
    const { statistics, store } = this.options;
    const { request, onAnswer, onError, startedMs } = visit;
    const nowMs = performance.now();
    const totalMs = nowMs - request.receivedMs;
    let encoded: EncodedAnswer;
    try {
      encoded = found.encoded ?? encodeSaved(found.savable, found.saved.outputs, totalMs);
    } catch (error) {
      const known = asMillraceError(error);
      if (known.code === 'internal') return false;
      // The outputs are there, and not to be had in the form that is asked for: a run would end the same way.
      statistics().recordFailure('OTHER', totalMs);
      onError(known);
      return true;
    }
    if (found.encoded === undefined && request.saved === undefined) {
      const { saved, savable } = found;
      const bytes = saved.outputs.length + encoded.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      const keep = { saved, savable: withoutInputs(savable), encoded: request.kind === 'oip' ? encoded : undefined };
      store!.recent.add(visit.scope, visit.body, keep, bytes);
    }
    this.gate.onHit(visit.admission);
    statistics().recordCacheHit({ totalMs, lookUpMs: nowMs - startedMs, savedMs: found.saved.runMs }, Date.now());
    const ageSeconds = Math.max(0, Math.floor((Date.now() - found.saved.storedMs) / 1000));
    onAnswer({ type: 'saved', body: encoded.chunks, jsonLength: encoded.jsonLength, cache: `hit; age=${ageSeconds}` });
    return true;
  }

  #pass(
    request: CallRequest,
    cache: string,
    onAnswer: (answer: Answer) => void,
    onError: (error: MillraceError) => void,
  ): () => void {
    return this.options.run(request, (answer) => onAnswer({ ...answer, cache }), onError);
  }

  #scopeOf({ kind, form, jsonLength, client }: CallRequest): Scope {
    const how = form === undefined ? kind : `${kind} ${form}`;
    const text = `${this.#serial} ${how} ${jsonLength}`;
    const isShared = client === undefined || client.partition === '';
    return { model: this.options.name, serial: this.#serial, text: isShared ? text : `${text} ${client.partition}` };
  }

  #read(request: CallRequest, body: Buffer): SavableRequest | undefined {
    const { name, settings, facts, digest } = this.options;
    const model = facts()!;
    const parsed = readSavable(request, body, model, settings.hasRemotes);
    if (parsed === undefined) return undefined;
    const { inputs, outputs, parameters } = parsed.request;
    // The name is part of it, so that clearing a model clears all that it would find.
    const contents = `${name} ${digest()!}${imagesKeyOf(model, inputs)}`;
    const partition = request.client?.partition ?? '';
    const key = cacheKey({ digest: contents, partition, inputs, outputs, parameters });
    return { ...parsed, key, model };
  }
}

/** One request that may be answered from the cache. */
export interface Visit {
  readonly request: CallRequest;
  /** Its body in one piece. */
  readonly body: Buffer;
  readonly scope: Scope;
  readonly admission: Admission;
  /** When it came to the cache, monotonic milliseconds. */
  readonly startedMs: number;
  onAnswer(answer: Answer): void;
  onError(error: MillraceError): void;
}

/** Pictures are known by their bytes, and what those become by the recipe, which is not among the model's contents. */
function imagesKeyOf({ recipe }: ModelFacts, inputs: readonly Tensor[]): string {
  return recipe !== undefined && inputs.some(isEncoded) ? ` ${recipe.imagesKey}` : '';
}

/** What the writers need: the inputs are views of a body that may lie in a buffer many times its size. */
function withoutInputs(savable: SavableRequest): SavableRequest {
  return { ...savable, request: { ...savable.request, inputs: [] } } as SavableRequest;
}

function whyNot({ saved, bodyBytes }: CallRequest): string | undefined {
  if (saved?.maySave === false) return 'off; reason=no-store';
  return bodyBytes > maxSavableBodyBytes ? 'off; reason=size' : undefined;
}
