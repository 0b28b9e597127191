/**
 * Keeps the loaded model versions within the memory budget: measures what they take, asks residency-plan.ts, loads and unloads.
 * Every local version of every model is known to it from its making to its end. It knows nothing of versions' roles.
 */
import { MillraceError } from '../base/errors.ts';
import { sizeText } from '../models/model-refusal.ts';
import type { NewHostEvent } from '../protocol/admin/host-event.ts';
import { planResidency } from './residency-plan.ts';
import type { VersionMemory } from './residency-plan.ts';
import type { ServedModel } from './served-model.ts';

export interface ResidencyOptions {
  readonly budgetBytes: number;
  readonly onEvent: (event: NewHostEvent) => void;
}

/** How often memory and idle times are looked at, milliseconds. */
const lookIntervalMs = 250;
/**
 * A process with a small model takes 85 to 120 MB, depending on the compile cache, and ONNX Runtime keeps the weights about
 * twice while it builds a session.
 */
const processBytes = 120_000_000;
const weightFactor = 2.5;

interface Entry {
  /** Of this entry: a version that is reloaded is there twice for a moment. */
  readonly id: string;
  readonly model: ServedModel;
  /** Replicas to load; undefined: as many as it should have. */
  count: number | undefined;
  /** Loaded although no request waits: at the start, by a command, for a swap. */
  wantedSinceMs: number | undefined;
  isUrgent: boolean;
  isPatient: boolean;
  isLocked: boolean;
  readySinceMs: number | undefined;
  /** Most memory that one replica was seen to take. */
  learnedBytes: number;
  saidTooLarge: boolean;
}

export class Residency {
  readonly #options: ResidencyOptions;
  readonly #entries = new Map<ServedModel, Entry>();
  #timer: NodeJS.Timeout | undefined;
  #lastId = 0;
  #isLooking = false;
  #isAnyoneWaiting = false;
  #isStopped = false;

  constructor(options: ResidencyOptions) {
    this.#options = options;
  }

  get budgetBytes(): number {
    return this.#options.budgetBytes;
  }

  /** Measured, those on their way out included. */
  get usedBytes(): number {
    return [...this.#entries.keys()].reduce((total, model) => total + model.memoryBytes, 0);
  }

  add(model: ServedModel): void {
    if (!model.isLocal) return;
    this.#entries.set(model, {
      id: String(++this.#lastId),
      model,
      count: undefined,
      wantedSinceMs: undefined,
      isUrgent: false,
      isPatient: false,
      isLocked: false,
      readySinceMs: undefined,
      learnedBytes: 0,
      saidTooLarge: false,
    });
  }

  /** Once it has no process any more. */
  remove(model: ServedModel): void {
    this.#entries.delete(model);
    this.look();
  }

  /**
   * Wants it loaded: `patient`, once there is room; `soon`, and others make room for it; `urgent`, and before all others.
   * `count` replicas, by default as many as it should have.
   */
  want(model: ServedModel, how: 'patient' | 'soon' | 'urgent', count?: number): void {
    const entry = this.#entries.get(model);
    if (entry === undefined) return;
    entry.wantedSinceMs ??= performance.now();
    entry.isUrgent = how === 'urgent';
    entry.isPatient = how === 'patient';
    entry.count = count;
    this.look();
  }

  /** While locked, it is neither unloaded nor loaded again by itself. */
  lock(model: ServedModel, isLocked: boolean): void {
    const entry = this.#entries.get(model);
    if (entry !== undefined) entry.isLocked = isLocked;
    this.look();
  }

  /** Takes back a wish, and unloads what came of it. */
  unwant(model: ServedModel): void {
    const entry = this.#entries.get(model);
    if (entry !== undefined) entry.wantedSinceMs = undefined;
    model.unload();
    this.look();
  }

  neededBytes(model: ServedModel, count = model.desiredReplicas): number {
    return count * this.#replicaBytes(model);
  }

  /** What an urgent version can get: all memory but that of `besides`, of versions that stay, and, unless it may disturb, of busy ones. */
  roomBytes(besides: readonly ServedModel[], mayDisturb: boolean): number {
    const memory = this.#memory(performance.now());
    const kept = memory.filter(
      ({ version, model }) =>
        version.isLocked || (version.isBusy && !mayDisturb) || version.mode === 'always' || besides.includes(model),
    );
    return this.budgetBytes - kept.reduce((total, { version }) => total + version.bytes, 0);
  }

  /** Looks at everything once and loads and unloads what is due. */
  look(): void {
    if (this.#isStopped || this.#isLooking) return;
    this.#isLooking = true;
    try {
      this.#obey();
    } finally {
      this.#isLooking = false;
    }
    this.#timer ??= setInterval(() => this.look(), lookIntervalMs).unref();
  }

  /** A version has answered its last request: it can make room, where somebody waits for that. Called often. */
  onQuiet(): void {
    if (this.#isAnyoneWaiting) this.look();
  }

  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#timer);
  }

  #obey(): void {
    const nowMs = performance.now();
    const memory = this.#memory(nowMs);
    const byId = new Map(memory.map(({ version, model }) => [version.id, model]));
    const plan = planResidency(
      memory.map(({ version }) => version),
      this.budgetBytes,
      nowMs,
    );
    this.#isAnyoneWaiting = memory.some(({ version }) => version.wantedSinceMs !== undefined && !version.isPatient);
    for (const id of plan.unload) {
      const model = byId.get(id)!;
      const why = model.outstanding > 0 ? 'to give other models a turn' : 'because nothing asks for it now';
      this.#options.onEvent({
        kind: 'model',
        severity: 'info',
        model: model.name,
        sentence: `Version ${model.version} of ${model.name} is unloaded ${why}; the next request loads it again.`,
        facts: { version: model.version, bytes: model.memoryBytes, budgetBytes: this.budgetBytes },
      });
      model.unload();
    }
    for (const id of plan.load) {
      const entry = this.#entries.get(byId.get(id)!)!;
      const { model, count } = entry;
      entry.readySinceMs = undefined;
      entry.wantedSinceMs = undefined;
      entry.count = undefined;
      entry.isUrgent = false;
      entry.isPatient = false;
      model.load(count);
    }
    for (const id of plan.tooLarge) this.#refuse(this.#entries.get(byId.get(id)!)!);
  }

  #refuse(entry: Entry): void {
    const { model } = entry;
    const neededBytes = this.neededBytes(model, entry.count);
    const reason = new MillraceError(
      'model-not-ready',
      `Version ${model.version} of ${model.name} needs about ${sizeText(neededBytes)} of memory, and the budget for all models is ${sizeText(this.budgetBytes)}.`,
      { hint: 'Raise memoryBudgetBytes, or run fewer replicas of it.' },
    );
    entry.wantedSinceMs = undefined;
    model.refuseWaiting(reason);
    if (entry.saidTooLarge) return;
    entry.saidTooLarge = true;
    this.#options.onEvent({
      kind: 'model',
      severity: 'failure',
      model: model.name,
      sentence: reason.message,
      hint: reason.hint!,
      facts: { version: model.version, neededBytes, budgetBytes: this.budgetBytes },
    });
  }

  #memory(nowMs: number): { readonly version: VersionMemory; readonly model: ServedModel }[] {
    return [...this.#entries.values()].map((entry) => {
      const { model } = entry;
      const { residence } = model;
      for (const { rssBytes } of model.replicas) entry.learnedBytes = Math.max(entry.learnedBytes, rssBytes);
      const isWaitedFor = residence === 'unloaded' && model.outstanding > 0;
      if (isWaitedFor) {
        if (entry.isPatient) entry.wantedSinceMs = undefined;
        entry.isPatient = false;
        entry.wantedSinceMs ??= nowMs;
      }
      if (residence !== 'loaded') entry.readySinceMs = undefined;
      else if (model.state === 'READY') entry.readySinceMs ??= nowMs;
      const measuredBytes = model.memoryBytes;
      return {
        model,
        version: {
          id: entry.id,
          mode: model.manifest.load,
          residence,
          bytes:
            residence === 'loaded' && model.givenUp === undefined
              ? Math.max(measuredBytes, this.neededBytes(model, model.wantedReplicas))
              : measuredBytes,
          neededBytes: this.neededBytes(model, entry.count),
          wantedSinceMs: entry.wantedSinceMs,
          isUrgent: entry.isUrgent,
          isPatient: entry.isPatient,
          isLocked: entry.isLocked,
          isBusy: model.outstanding > 0,
          lastUsedMs: model.lastUsedMs,
          readySinceMs: entry.readySinceMs,
          keepAliveMs: model.manifest.keepAliveMs,
        },
      };
    });
  }

  #replicaBytes(model: ServedModel): number {
    const learned = this.#entries.get(model)?.learnedBytes ?? 0;
    if (learned > 0) return learned;
    return model.known?.rssBytes ?? processBytes + weightFactor * (model.source?.sizeBytes ?? 0);
  }
}
