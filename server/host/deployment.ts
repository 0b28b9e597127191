/**
 * One model under its name: the versions of it that are in service, which of them answers requests that name none, and how a
 * change of that is carried out without losing a request.
 *
 *     start the new versions → warm → saved test cases → serving.json → switch, in one step → old versions drain → end
 *
 * Whatever fails before the switch leaves everything as it was. What should be served is decided in models/serving-plan.ts, how
 * the memory is found in swap-plan.ts; this file has the effects. Calls of `apply` come one after the other (model-commands.ts).
 */
import { MillraceError } from '../base/errors.ts';
import type { Answer, CallClient, CallRequest } from '../balancer/call.ts';
import { byNumber } from '../models/model-store.ts';
import type { ServingPlan } from '../models/serving-plan.ts';
import type { ServingWishes } from '../models/serving.ts';
import type { NewHostEvent } from '../protocol/admin/host-event.ts';
import type { SavedSamples } from '../protocol/sample-comparison.ts';
import { DeploymentFace } from './deployment-face.ts';
import { HeldRequests } from './held-requests.ts';
import type { Residency } from './residency.ts';
import { RollbackWatch } from './rollback-watch.ts';
import { runSampleGate } from './sample-gate.ts';
import type { ServedModel } from './served-model.ts';
import { unloadedError } from './served-model-words.ts';
import { ShadowTap } from './shadow-tap.ts';
import type { ShadowReport } from './shadow-tap.ts';
import { bringUpInPlaceOf, readyTimeoutMs } from './swap.ts';
import { chooseVersion, EvenDraws } from './traffic-choice.ts';

export interface DeploymentParts {
  readonly residency: Residency;
  /** Bytes of requests that may wait while a version is swapped in a pause. */
  readonly maxHeldBytes: number;
  readonly onEvent: (event: NewHostEvent) => void;
  /** Builds a version that is not started yet. Throws where its files cannot be served. */
  make(version: string): Promise<ServedModel>;
  /** Saved test cases of a version; undefined where it has none. */
  samplesOf(version: string): Promise<SavedSamples | undefined>;
  /** Makes the wishes survive a restart, before they are switched to. */
  write(wishes: ServingWishes): Promise<void>;
  /** The version that was switched to a moment ago has to go back. */
  onTrouble(version: string, reason: string): void;
}

interface Choice {
  readonly version: string;
  readonly weight: number;
  readonly model: ServedModel;
}

export class Deployment extends DeploymentFace {
  readonly name: string;
  readonly #parts: DeploymentParts;
  readonly #versions = new Map<string, ServedModel>();
  /** With what resolves when they have ended. */
  readonly #draining = new Map<ServedModel, Promise<void>>();
  readonly #draws = new EvenDraws();
  readonly #watch: RollbackWatch;
  #served: ServedModel;
  #choices: readonly Choice[] = [];
  #shadow: ShadowTap | undefined;
  #held: HeldRequests | undefined;
  #wishes: ServingWishes;
  #isSwapping = false;
  #isStopped = false;
  #unloaded: MillraceError | undefined;

  /** `versions` are those of the plan, built and not started; `plan.served` is one of them. */
  constructor(
    name: string,
    parts: DeploymentParts,
    wishes: ServingWishes,
    plan: ServingPlan,
    versions: readonly ServedModel[],
  ) {
    super();
    this.name = name;
    this.#parts = parts;
    this.#wishes = wishes;
    this.#watch = new RollbackWatch((version, reason) => this.#onTrouble(version, reason));
    this.#served = versions.find(({ version }) => version === plan.served) ?? versions[0]!;
    for (const model of versions) this.#versions.set(model.version, model);
    this.#switchTo(plan, new Map());
  }

  /** Starts remote upstreams, and wants loaded what its settings say. */
  start(): void {
    for (const model of this.versions) this.#enter(model);
  }

  get wishes(): ServingWishes {
    return this.#wishes;
  }

  /** In service, ascending. */
  get versions(): readonly ServedModel[] {
    return [...this.#versions.values()].toSorted((a, b) => byNumber(a.version, b.version));
  }

  get served(): ServedModel {
    return this.#served;
  }

  /** While it holds, the number of replicas is not changed: a surge must not look like load. */
  get isSwapping(): boolean {
    return this.#isSwapping;
  }

  /** Versions that answer their last requests. */
  get draining(): readonly ServedModel[] {
    return [...this.#draining.keys()];
  }

  get pinnedVersion(): string | undefined {
    return this.#wishes.isPinned ? this.#served.version : undefined;
  }

  get shadowVersion(): string | undefined {
    return this.#shadow?.version;
  }

  /** What the shadow's answers were beside the served ones; undefined without a shadow. */
  get shadowReport(): ShadowReport | undefined {
    return this.#shadow?.report();
  }

  /** Of requests that name no version, percent by version. */
  get trafficPercent(): ReadonlyMap<string, number> {
    const total = this.#choices.reduce((sum, { weight }) => sum + weight, 0);
    return new Map(this.#choices.map(({ version, weight }) => [version, (100 * weight) / total]));
  }

  /** Throws `unknown-version`, in the words that Triton's tests look for. */
  find(version: string): ServedModel {
    const found = this.#versions.get(version);
    if (found !== undefined) return found;
    throw new MillraceError(
      'unknown-version',
      `Request for unknown model: '${this.name}' version ${version} is not found`,
      { hint: `Served versions are: ${this.versions.map((model) => model.version).join(', ')}.` },
    );
  }

  get isUnloaded(): boolean {
    return this.#unloaded !== undefined;
  }

  refusal(client?: CallClient): MillraceError | undefined {
    if (this.#held !== undefined || this.#choices.length > 1) return this.#unloaded;
    return this.#served.refusal(client);
  }

  submit(
    request: CallRequest,
    onAnswer: (answer: Answer) => void,
    onError: (error: MillraceError) => void,
  ): () => void {
    if (this.#held !== undefined) return this.#held.add({ request, onAnswer, onError });
    if (this.#watch.isWatching) {
      const refused = onError;
      // A version that is given up had not run what it refuses so: the one before it will.
      onError = (error) => {
        if (error.code === 'model-failed') this.#watch.look(performance.now());
        if (error.code === 'model-failed' && this.#held !== undefined) {
          this.#held.add({ request, onAnswer, onError: refused });
        } else refused(error);
      };
    }
    const model = this.#choose(request);
    if (this.#shadow === undefined) return model.submit(request, onAnswer, onError);
    return this.#shadow.submit(model, request, onAnswer, onError);
  }

  /**
   * Carries out a plan: the new wishes hold once it resolves. `isTested`: the saved test cases decide. Throws what kept it from
   * being carried out, and then everything is as it was.
   */
  async apply(wishes: ServingWishes, plan: ServingPlan, { isTested = true } = {}): Promise<void> {
    const servedBefore = this.#served;
    const fresh = new Map<string, ServedModel>();
    this.#isSwapping = true;
    try {
      for (const version of plan.start) fresh.set(version, await this.#parts.make(version));
      for (const [version, model] of fresh) {
        if (version === plan.served) continue;
        this.#enter(model);
        if (plan.weights.has(version) || version === plan.shadow) await this.#bringUp(model, isTested);
      }
      const served =
        plan.served === undefined ? undefined : (fresh.get(plan.served) ?? this.#versions.get(plan.served));
      if (served !== undefined && served !== servedBefore)
        await this.#swap(servedBefore, served, isTested, fresh.has(served.version));
      await this.#parts.write(wishes);
    } catch (error) {
      this.#undo(servedBefore, [...fresh.values()]);
      throw error;
    } finally {
      this.#isSwapping = false;
    }
    this.#wishes = wishes;
    const drained = this.#switchTo(plan, fresh);
    this.#release();
    if (this.#served !== servedBefore) this.#watch.end();
    for (const model of [servedBefore, this.#served]) this.#parts.residency.lock(model, false);
    void this.#drainAndGrow(drained);
  }

  /** Nothing helped: what is held is refused by the version that failed. */
  endTrouble(): void {
    this.#watch.end();
    this.#release();
  }

  /** Resolves when nothing is left of a version that is no longer in service. */
  async whenDrained(version: string): Promise<void> {
    const ending = [...this.#draining].filter(([model]) => model.version === version);
    await Promise.all(ending.map(([, ended]) => ended));
  }

  /** Takes the version that was just switched to back by itself for a while, should it fail. */
  watch(before: ServedModel): void {
    this.#watch.begin(this.#served, before);
  }

  /** Replaces a version by a new process of the same files, with other settings perhaps: it is a swap as well. */
  async reload(): Promise<void> {
    const before = this.#served;
    const fresh = await this.#parts.make(before.version);
    this.#isSwapping = true;
    try {
      await this.#swap(before, fresh, false, true);
    } catch (error) {
      this.#undo(before, [fresh]);
      throw error;
    } finally {
      this.#isSwapping = false;
    }
    this.#versions.set(fresh.version, fresh);
    this.#served = fresh;
    this.#choices = this.#choices.map((choice) => (choice.model === before ? { ...choice, model: fresh } : choice));
    this.#release();
    this.#parts.residency.lock(fresh, false);
    void this.#drainAndGrow([before]);
  }

  /** Refuses requests and ends all replicas, until `load`. */
  unload(): void {
    this.#unloaded = unloadedError(this.name);
    this.#watch.end();
    for (const model of this.versions) {
      model.withhold(this.#unloaded);
      this.#parts.residency.unwant(model);
    }
  }

  /** Loads the versions that answer, also where requests would load them later. Resolves when they are ready. */
  async load(): Promise<void> {
    this.#unloaded = undefined;
    for (const model of this.versions) model.withhold(undefined);
    for (const { model } of this.#choices) {
      if (!model.isLocal) continue;
      if (model.residence !== 'loaded' || model.givenUp !== undefined) this.#parts.residency.want(model, 'soon');
      await model.whenReady(AbortSignal.timeout(readyTimeoutMs));
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#watch.end();
    this.#release();
    await Promise.all([...this.#versions.values(), ...this.#draining.keys()].map((model) => model.stop()));
    for (const model of this.#versions.values()) this.#parts.residency.remove(model);
  }

  /** Answers what it has, then ends; for a model that leaves the catalog. */
  async retire(): Promise<void> {
    this.#watch.end();
    await Promise.all(this.versions.map((model) => this.#drain(model)));
    this.#versions.clear();
  }

  #choose(request: CallRequest): ServedModel {
    if (this.#choices.length < 2) return this.#served;
    // A version that cannot answer now takes no share of the traffic with it.
    const able = this.#choices.filter(({ model }) => model.state !== 'UNAVAILABLE');
    return chooseVersion(able, request.affinityKey, this.#draws.next())?.model ?? this.#served;
  }

  #enter(model: ServedModel): void {
    this.#parts.residency.add(model);
    model.start();
    if (model.manifest.load !== 'on-demand') this.#parts.residency.want(model, 'patient');
  }

  async #bringUp(model: ServedModel, isTested: boolean): Promise<void> {
    if (!model.isLocal) return;
    if (model.residence !== 'loaded' || model.givenUp !== undefined) this.#parts.residency.want(model, 'soon');
    await model.whenReady(AbortSignal.timeout(readyTimeoutMs));
    if (isTested) await this.#test(model);
  }

  async #test(model: ServedModel): Promise<void> {
    const samples = await this.#parts.samplesOf(model.version);
    if (samples !== undefined) await runSampleGate(model, samples);
    model.forgetStatistics();
  }

  async #swap(before: ServedModel, next: ServedModel, isTested: boolean, isFresh: boolean): Promise<void> {
    const { residency } = this.#parts;
    if (isFresh) {
      residency.add(next);
      next.start();
    }
    if (!next.isLocal) return;
    await bringUpInPlaceOf(before, next, residency, (mode, sentence) => {
      if (mode === 'pause') this.#held ??= new HeldRequests(this.#parts.maxHeldBytes);
      if (sentence === undefined) return;
      this.#parts.onEvent({ kind: 'model', severity: 'info', model: this.name, sentence, facts: { mode } });
    });
    if (isTested) await this.#test(next);
  }

  #undo(before: ServedModel, fresh: readonly ServedModel[]): void {
    const { residency } = this.#parts;
    residency.lock(before, false);
    for (const model of fresh) void this.#end(model);
    if (this.#isStopped) return;
    if (before.residence === 'loaded' && before.wantedReplicas < before.desiredReplicas) before.load();
    else if (this.#held !== undefined && before.givenUp === undefined) residency.want(before, 'urgent');
    this.#release();
  }

  /** Versions that are no longer in service. */
  #switchTo(plan: ServingPlan, fresh: ReadonlyMap<string, ServedModel>): ServedModel[] {
    for (const [version, model] of fresh) this.#versions.set(version, model);
    this.#served = (plan.served === undefined ? undefined : this.#versions.get(plan.served)) ?? this.#served;
    this.#choices = [...plan.weights].flatMap(([version, weight]) => {
      const model = this.#versions.get(version);
      return model === undefined ? [] : [{ version, weight, model }];
    });
    const shadow = plan.shadow === undefined ? undefined : this.#versions.get(plan.shadow);
    if (shadow !== this.#shadow?.model) this.#shadow = shadow && new ShadowTap(shadow);
    const drained = plan.drain.flatMap((version) => this.#versions.get(version) ?? []);
    for (const { version } of drained) this.#versions.delete(version);
    return drained;
  }

  #drain(model: ServedModel): Promise<void> {
    const ended = (async () => {
      this.#parts.residency.lock(model, true);
      await model.whenQuiet();
      await this.#end(model);
      this.#draining.delete(model);
    })();
    this.#draining.set(model, ended);
    return ended;
  }

  async #end(model: ServedModel): Promise<void> {
    await model.stop();
    this.#parts.residency.remove(model);
  }

  /** What a pause or a rolling swap left out is started once the memory is there. */
  async #drainAndGrow(drained: readonly ServedModel[]): Promise<void> {
    await Promise.all(drained.map((model) => this.#drain(model)));
    if (this.#isSwapping || this.#isStopped) return;
    const { residency } = this.#parts;
    for (const model of this.#versions.values()) {
      const missing = model.residence === 'loaded' ? model.desiredReplicas - model.wantedReplicas : 0;
      const isRoom = residency.usedBytes + residency.neededBytes(model, missing) <= residency.budgetBytes;
      if (missing > 0 && isRoom) model.load();
    }
  }

  #release(): void {
    const held = this.#held;
    this.#held = undefined;
    held?.release((request, onAnswer, onError) => this.submit(request, onAnswer, onError));
  }

  #onTrouble(version: string, reason: string): void {
    // What comes from now on waits for the version before.
    if (this.#served.givenUp !== undefined) this.#held ??= new HeldRequests(this.#parts.maxHeldBytes);
    this.#parts.onTrouble(version, reason);
  }
}
