/**
 * A host in the test's own process that serves a store, with real replicas, and whose commands are called directly. The store's
 * versions are written by hand: what an import checks is tested elsewhere.
 */
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { createLog } from '../../server/base/log.ts';
import { parseConfig } from '../../server/config.ts';
import { startHost } from '../../server/main.ts';
import type { Host } from '../../server/main.ts';
import type { NewHostEvent } from '../../server/protocol/admin/host-event.ts';
import { isRunning, until } from './host-process.ts';

export class StoreBench implements AsyncDisposable {
  readonly data: string;
  readonly events: NewHostEvent[] = [];
  #host: Host | undefined;

  private constructor(data: string) {
    this.data = data;
  }

  static async open(): Promise<StoreBench> {
    return new StoreBench(await realpath(await mkdtemp(join(tmpdir(), 'millrace-store-'))));
  }

  get modelsFolder(): string {
    return join(this.data, 'models');
  }

  /** A version, with saved test cases where some are given; `settings` are the model's millrace.json. */
  async put(name: string, version: string, bytes: Uint8Array, samples?: unknown, settings?: unknown): Promise<void> {
    const folder = join(this.modelsFolder, name, version);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'model.onnx'), bytes);
    if (samples !== undefined) await writeFile(join(folder, 'samples.json'), JSON.stringify(samples));
    if (settings !== undefined) await writeFile(join(folder, '..', 'millrace.json'), JSON.stringify(settings));
  }

  /** Any other file below the models folder. */
  async write(path: string, text: string): Promise<void> {
    await writeFile(join(this.modelsFolder, path), text);
  }

  /** Starts the host; `served` is promoted first where it is not the newest. */
  async start(
    served?: string,
    settings: Readonly<Record<string, unknown>> = {},
    parts: { readonly replicaEntry?: string } = {},
  ): Promise<Host> {
    if (served !== undefined) {
      const wishes = JSON.stringify({ served, seen: '999', previous: [] });
      await writeFile(join(this.modelsFolder, 'm', 'serving.json'), wishes);
    }
    const config = parseConfig(
      {
        models: this.modelsFolder,
        dataDirectory: this.data,
        http: { port: 0 },
        admin: { port: 0 },
        // Every request is to reach a version: an answer that was saved says nothing about it.
        cache: { enabled: false },
        ...settings,
      },
      'The test',
    );
    this.#host = await startHost(config, {
      log: createLog('silent', 'json'),
      onEvent: (event) => this.events.push(event),
      ...parts,
    });
    await this.#host.settled();
    return this.#host;
  }

  get host(): Host {
    return this.#host!;
  }

  async infer(path: string, x: number, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return fetch(`${this.host.inferenceUrl}/v2/models/${path}/infer`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [x] }] }),
    });
  }

  /** What `scaleModel` answers to 3, and which version did. `path` may end in `/versions/<v>`. */
  async answer(path: string, headers: Readonly<Record<string, string>> = {}): Promise<{ version: string; y: number }> {
    const response = await this.infer(path, 3, headers);
    const body = (await response.json()) as { model_version: string; outputs: { data: number[] }[] };
    expect(response.status, JSON.stringify(body)).toBe(200);
    return { version: body.model_version, y: body.outputs[0]!.data[0]! };
  }

  pids(): number[] {
    return this.host.catalog.list().flatMap((model) => model.replicas.map(({ pid }) => pid));
  }

  /** Also of versions that are on their way out. */
  everyPid(): number[] {
    const models = this.host.catalog.models().flatMap((model) => [...model.versions, ...model.draining]);
    return models.flatMap((model) => model.everyReplica.map(({ pid }) => pid));
  }

  /** Stops the host and checks that no process of it is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#host !== undefined) {
      const pids = this.everyPid();
      await this.#host.stop();
      await until('every replica has gone', 5000, async () => {
        for (const pid of pids) if (await isRunning(pid)) return false;
        return true;
      });
    }
    await rm(this.data, { recursive: true, force: true });
  }
}
