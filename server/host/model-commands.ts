/**
 * What a person can do with the models of a running host. Commands of one model run one after the other; each reads the store
 * anew, so that imports and removals by other programs are noticed.
 */
import { MillraceError, asMillraceError } from '../base/errors.ts';
import type { ModelManifest } from '../models/manifest.ts';
import { planServing } from '../models/serving-plan.ts';
import { refuseBreaking } from '../models/serving-edit.ts';
import { promoted, rolledBack, without } from '../models/serving.ts';
import type { ServingWishes } from '../models/serving.ts';
import type { SignatureChange } from '../models/signature-diff.ts';
import type { NewHostEvent } from '../protocol/admin/host-event.ts';
import type { ServingView } from '../protocol/admin/model-command.ts';
import type { Catalog } from './catalog.ts';
import { Deployment } from './deployment.ts';
import type { DeploymentParts } from './deployment.ts';
import {
  checkWeights,
  newest,
  notStored,
  requirePresent,
  runningOf,
  trafficSentence,
  unknownModel,
} from './model-command-words.ts';
import type { LibraryModel, ModelLibrary } from './model-library.ts';
import type { Residency } from './residency.ts';
import { servingView } from './serving-view.ts';
import { Turns } from './turns.ts';
import type { ServedModel } from './served-model.ts';

export interface ModelCommandsOptions {
  readonly catalog: Catalog;
  readonly library: ModelLibrary;
  readonly residency: Residency;
  readonly maxHeldBytes: number;
  readonly onEvent: (event: NewHostEvent) => void;
  /** Builds a version that is not started. `settings` count before those of its files. */
  build(model: LibraryModel, version: string | undefined, settings: Partial<ModelManifest>): Promise<ServedModel>;
}

/** What a promotion did. */
export interface Promotion {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /** What changes for apps, compared with `from`. */
  readonly changes: readonly SignatureChange[];
}

export class ModelCommands {
  readonly #options: ModelCommandsOptions;
  readonly #turns = new Turns();
  readonly #settings = new Map<string, Partial<ModelManifest>>();

  constructor(options: ModelCommandsOptions) {
    this.#options = options;
  }

  /** Puts a model into the catalog as the store and its serving.json say. For the start of the host, which starts it. */
  async open(name: string): Promise<void> {
    await this.#turns.take(name, () => this.#open(name));
  }

  /** Makes a version the one that answers. Throws `breaking-change` where apps may fail with it, unless `force`. */
  async promote(name: string, version: string, { force = false } = {}): Promise<Promotion> {
    return this.#turns.take(name, async () => {
      const { model, deployment } = await this.#find(name);
      requirePresent(model, version);
      const from = deployment.served.version;
      const changes = await this.#options.library.changes(model, from, version);
      if (!force) refuseBreaking(name, from, version, changes);
      if (from !== version || deployment.wishes.traffic !== undefined) {
        const wishes = promoted(deployment.wishes, from, version, newest(model));
        await this.#apply(model, deployment, wishes);
        this.#say('info', name, `Version ${version} of ${name} answers now, in place of version ${from}.`, {
          from,
          to: version,
        });
      }
      return { name, from, to: version, changes };
    });
  }

  /** Back to what was served before. Throws `invalid-request` where nothing was. */
  async rollback(name: string): Promise<Promotion> {
    return this.#turns.take(name, () => this.#rollback(name, undefined));
  }

  /** Keeps the served version, or another one, whatever is imported. */
  async pin(name: string, version?: string, { force = false } = {}): Promise<void> {
    if (version !== undefined && version !== this.#options.catalog.deployment(name).served.version) {
      await this.promote(name, version, { force });
    }
    await this.#turns.take(name, async () => {
      const { model, deployment } = await this.#find(name);
      const served = deployment.served.version;
      await this.#apply(model, deployment, { ...deployment.wishes, served, seen: newest(model), isPinned: true });
      this.#say('info', name, `Version ${served} of ${name} is pinned: newer versions do not take its place.`, {
        served,
      });
    });
  }

  async unpin(name: string): Promise<void> {
    await this.#turns.take(name, async () => {
      const { model, deployment } = await this.#find(name);
      const served = deployment.served.version;
      await this.#apply(model, deployment, { ...deployment.wishes, served, seen: newest(model), isPinned: false });
      this.#say('info', name, `${name} is not pinned any more: the next version that is imported takes over.`, {});
    });
  }

  /** Splits the requests that name no version, by weight; undefined ends the split. */
  async setTraffic(name: string, weights: Readonly<Record<string, number>> | undefined): Promise<void> {
    await this.#turns.take(name, async () => {
      const { model, deployment } = await this.#find(name);
      if (weights !== undefined) checkWeights(model, weights);
      const served = deployment.served.version;
      await this.#apply(model, deployment, { ...deployment.wishes, served, seen: newest(model), traffic: weights });
      this.#say('info', name, trafficSentence(name, served, weights), { weights });
    });
  }

  /** Sends copies of requests to a version whose answers are compared and thrown away; undefined ends it. */
  async setShadow(name: string, version: string | undefined): Promise<void> {
    await this.#turns.take(name, async () => {
      const { model, deployment } = await this.#find(name);
      if (version !== undefined) {
        requirePresent(model, version);
        if (version === deployment.served.version) {
          throw new MillraceError(
            'invalid-request',
            `Version ${version} of ${name} answers; it cannot be its own shadow.`,
          );
        }
      }
      const last = deployment.shadowReport;
      await this.#apply(model, deployment, { ...deployment.wishes, shadow: version });
      const sentence =
        version === undefined
          ? `${name} has no shadow any more.`
          : `Version ${version} of ${name} gets copies of requests; its answers are only compared.`;
      this.#say('info', name, sentence, { shadow: version, last });
    });
  }

  /** Loads a model, again where it is loaded: from the files as they are now, with `settings` before theirs. */
  async load(name: string, settings: Partial<ModelManifest> = {}): Promise<void> {
    await this.#turns.take(name, async () => {
      this.#settings.set(name, settings);
      const present = this.#options.catalog.get(name);
      if (present === undefined) {
        const deployment = await this.#open(name);
        deployment.start();
        await deployment.load();
      } else {
        const { model, deployment } = await this.#find(name);
        const before = deployment.served;
        await this.#apply(model, deployment, deployment.wishes);
        if (deployment.isUnloaded || before.residence !== 'loaded') await deployment.load();
        else if (before === deployment.served) await deployment.reload();
      }
      this.#say('info', name, `${name} is loaded.`, { version: this.#options.catalog.deployment(name).served.version });
    });
  }

  /** Serves a model that is served with the settings that its files have now. Does nothing for one that is not. */
  async reload(name: string): Promise<void> {
    if (this.#options.catalog.get(name)?.isUnloaded === false) await this.load(name, this.#settings.get(name));
  }

  /** Makes a version that was imported a moment ago the one that answers, with `settings` before those of its files. */
  async loadVersion(name: string, version: string, settings: Partial<ModelManifest>): Promise<void> {
    this.#settings.set(name, settings);
    await this.#turns.take(name, async () => {
      if (this.#options.catalog.get(name) === undefined) (await this.#open(name)).start();
    });
    if (this.#options.catalog.deployment(name).served.version === version) await this.load(name, settings);
    else await this.promote(name, version, { force: true });
    await this.#options.catalog.deployment(name).load();
  }

  /** Ends a model's processes and refuses requests for it, until it is loaded. It stays in lists. */
  async unload(name: string): Promise<void> {
    await this.#turns.take(name, async () => {
      const deployment = this.#options.catalog.deployment(name);
      deployment.unload();
      await Promise.all(deployment.versions.map((model) => model.whenUnloaded()));
      this.#settings.delete(name);
      this.#say('info', name, `${name} is unloaded; requests for it are refused until it is loaded again.`, {});
    });
  }

  /** Takes a version, or the whole model, out of service and out of the store. Throws `version-in-use` for the served version. */
  async remove(name: string, version?: string): Promise<void> {
    await this.#turns.take(name, async () => {
      const { catalog, library } = this.#options;
      const model = await library.read(name);
      if (model === undefined || !model.isStored) throw notStored(name);
      if (version !== undefined) requirePresent(model, version);
      const deployment = catalog.get(name);
      const isWhole = version === undefined || model.entry.versions.length === 1;
      if (!isWhole && deployment?.served.version === version) {
        throw new MillraceError('version-in-use', `Version ${version} of ${name} answers requests now.`, {
          hint: `Promote another version first: \`millrace models promote ${name} <version>\`.`,
        });
      }
      if (isWhole) {
        catalog.remove(name);
        await deployment?.retire();
        await library.store.remove(name, undefined);
      } else {
        await this.#takeOut(model, deployment, version);
        await library.store.remove(name, version);
      }
      this.#say('info', name, `${version === undefined ? name : `Version ${version} of ${name}`} is removed.`, {
        version,
      });
    });
  }

  /** Looks at the store, or at one model of it, and serves what has changed: new versions, removals, a changed serving.json. */
  async refresh(name?: string): Promise<void> {
    const { catalog, library } = this.#options;
    const names =
      name === undefined ? [...(await library.scan()).names, ...catalog.models().map((each) => each.name)] : [name];
    for (const each of new Set(names)) await this.#turns.take(each, () => this.#refresh(each));
  }

  /** What is served of a model, and what is on disk. */
  async serving(name: string): Promise<ServingView> {
    const { model, deployment } = await this.#find(name);
    return servingView(model, deployment, (version) => this.#options.library.sizeBytes(model, version));
  }

  /** Resolves when what runs has ended; nothing is begun any more. */
  stop(): Promise<void> {
    return this.#turns.stop();
  }

  async #open(name: string): Promise<Deployment> {
    const { catalog, library, maxHeldBytes, residency, onEvent } = this.#options;
    const model = await library.read(name);
    if (model === undefined) throw unknownModel(name);
    const plan = planServing(model.wishes, model.entry.policy, model.present, []);
    for (const note of plan.notes) this.#say('attention', name, note, {});
    const versions = await Promise.all(plan.start.map((version) => this.#build(model, version)));
    if (versions.length === 0) versions.push(await this.#build(model, undefined));
    const parts: DeploymentParts = {
      residency,
      maxHeldBytes,
      onEvent,
      make: async (version) => this.#build(await this.#read(name), version),
      samplesOf: async (version) => library.samplesOf(await this.#read(name), version),
      write: async (wishes) => library.write(await this.#read(name), wishes),
      onTrouble: (version, reason) => void this.#takeBack(name, version, reason),
    };
    const deployment = new Deployment(name, parts, model.wishes, plan, versions);
    catalog.add(deployment);
    return deployment;
  }

  async #refresh(name: string): Promise<void> {
    const { catalog, library } = this.#options;
    const deployment = catalog.get(name);
    const model = await library.read(name);
    if (model === undefined) {
      if (deployment === undefined) return;
      catalog.remove(name);
      this.#say('attention', name, `${name} is not there any more and is not served.`, {});
      await deployment.retire();
    } else if (deployment === undefined) {
      (await this.#open(name)).start();
      this.#say('info', name, `${name} is served now.`, {});
    } else {
      await this.#follow(model, deployment);
    }
  }

  /** A changed serving.json holds; without one the newest version takes over, if it passes its tests. */
  async #follow(model: LibraryModel, deployment: Deployment): Promise<void> {
    const { library } = this.#options;
    const { name } = model;
    const served = deployment.served.version;
    // A host that was never told what to serve knows what it serves: only what is newer is news.
    const known = model.isStored ? model.wishes : deployment.wishes;
    const wishes = known.served === undefined ? { ...known, served, seen: served } : known;
    const present = await library.presentFor(model, wishes.served!);
    const plan = planServing(wishes, model.entry.policy, present, runningOf(deployment));
    for (const note of plan.notes) this.#say('attention', name, note, {});
    if (plan.served === undefined) return;
    if (plan.served === served) {
      await this.#apply(model, deployment, known);
      return;
    }
    const next = wishes.served === plan.served ? wishes : promoted(wishes, served, plan.served, newest(model));
    try {
      await this.#apply(model, deployment, next);
      this.#say('info', name, `Version ${plan.served} of ${name} answers now, in place of version ${served}.`, {
        from: served,
        to: plan.served,
      });
    } catch (error) {
      const { message, hint } = asMillraceError(error);
      this.#say(
        'failure',
        name,
        `Version ${plan.served} of ${name} does not take over: ${message}`,
        { from: served },
        hint,
      );
      // It had its chance: the next look at the store does not try it again.
      await this.#apply(model, deployment, { ...wishes, served, seen: newest(model) });
      throw error;
    }
  }

  async #apply(model: LibraryModel, deployment: Deployment, wishes: ServingWishes): Promise<void> {
    const before = deployment.served;
    const plan = planServing(wishes, model.entry.policy, model.present, runningOf(deployment));
    await deployment.apply(wishes, plan);
    if (deployment.served !== before && deployment.served.isLocal) deployment.watch(before);
  }

  async #rollback(name: string, reason: string | undefined): Promise<Promotion> {
    const { model, deployment } = await this.#find(name);
    const from = deployment.served.version;
    const there = new Set(model.entry.versions.map((each) => each.version));
    const to = deployment.wishes.previous.find((version) => version !== from && there.has(version));
    if (to === undefined) {
      throw new MillraceError('invalid-request', `Nothing was served of ${name} before version ${from}.`, {
        hint: `Name a version: \`millrace models promote ${name} <version>\`.`,
      });
    }
    const wishes = rolledBack(deployment.wishes, from, to, newest(model));
    const plan = planServing(wishes, model.entry.policy, model.present, runningOf(deployment));
    // What has answered before needs no test, and in trouble there is no time for one.
    await deployment.apply(wishes, plan, { isTested: false });
    const sentence = `${name} is back at version ${to}${reason === undefined ? '' : ` by itself: version ${from} failed. ${reason}`}`;
    this.#say(reason === undefined ? 'info' : 'failure', name, sentence.replace(/([^.])$/, '$1.'), {
      from,
      to,
      reason,
    });
    return { name, from, to, changes: await this.#options.library.changes(model, from, to) };
  }

  async #takeBack(name: string, version: string, reason: string): Promise<void> {
    await this.#turns
      .take(name, async () => {
        if (this.#options.catalog.get(name)?.served.version !== version) return;
        await this.#rollback(name, reason);
      })
      .catch((error: unknown) => {
        const { message, hint } = asMillraceError(error);
        this.#options.catalog.get(name)?.endTrouble();
        this.#say(
          'failure',
          name,
          `Version ${version} of ${name} fails and cannot be taken back: ${message}`,
          { reason },
          hint,
        );
      });
  }

  async #takeOut(model: LibraryModel, deployment: Deployment | undefined, version: string): Promise<void> {
    if (deployment === undefined) return;
    const left = { ...model, present: model.present.filter((each) => each.version !== version) };
    await this.#apply(left, deployment, without(deployment.wishes, version));
    await deployment.whenDrained(version);
  }

  async #build(model: LibraryModel, version: string | undefined): Promise<ServedModel> {
    return this.#options.build(model, version, this.#settings.get(model.name) ?? {});
  }

  async #find(name: string): Promise<{ model: LibraryModel; deployment: Deployment }> {
    const deployment = this.#options.catalog.deployment(name);
    return { model: await this.#read(name), deployment };
  }

  async #read(name: string): Promise<LibraryModel> {
    const model = await this.#options.library.read(name);
    if (model === undefined) throw unknownModel(name);
    return model;
  }

  #say(
    severity: NewHostEvent['severity'],
    model: string,
    sentence: string,
    facts: Readonly<Record<string, unknown>>,
    hint?: string,
  ): void {
    this.#options.onEvent({ kind: 'model', severity, model, sentence, facts, ...(hint !== undefined && { hint }) });
  }
}
