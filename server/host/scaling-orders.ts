/**
 * What a person has ordered about a model's scaling while the host runs: a number, a pause, other bounds. Orders stand above
 * settings and rules, and over restarts, in a small file of the data folder.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export interface ScalingOrder {
  /** `settings`: as the settings say, which may be a fixed number. `auto`: the autoscaler, also where they fix one. */
  readonly mode: 'settings' | 'auto' | 'paused' | 'manual';
  /** Of `manual`. */
  readonly replicas?: number | undefined;
  /** In place of the policy's. */
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** As many replicas as a model may have. */
const most = 64;
/** Orders for models that are gone are kept, because they may come back; more than this is a mistake. */
const maxOrders = 1000;

export class ScalingOrders {
  readonly #path: string;
  readonly #onTrouble: (message: string, error: unknown) => void;
  readonly #orders: Map<string, ScalingOrder>;

  /** Reads what is there. A file that cannot be read counts as none, and is said. */
  constructor(path: string, onTrouble: (message: string, error: unknown) => void) {
    this.#path = path;
    this.#onTrouble = onTrouble;
    this.#orders = this.#read();
  }

  of(model: string): ScalingOrder | undefined {
    return this.#orders.get(model);
  }

  /** Takes effect at once, also where it cannot be written; then it is said that it ends with this run. */
  set(model: string, order: ScalingOrder): void {
    const isNone = order.mode === 'settings' && order.min === undefined && order.max === undefined;
    if (isNone) this.#orders.delete(model);
    else this.#orders.set(model, order);
    try {
      this.#write();
    } catch (error) {
      this.#onTrouble('An order about scaling could not be written; it holds until this host stops.', error);
    }
  }

  #read(): Map<string, ScalingOrder> {
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.#onTrouble('Orders about scaling cannot be read; the settings hold.', error);
      return new Map();
    }
    try {
      const { orders } = JSON.parse(text) as { orders: Record<string, unknown> };
      const entries = Object.entries(orders).slice(0, maxOrders);
      return new Map(
        entries.flatMap(([model, raw]) => {
          const order = parseOrder(raw);
          return order === undefined ? [] : [[model, order]];
        }),
      );
    } catch (error) {
      this.#onTrouble('Orders about scaling cannot be read; the settings hold.', error);
      return new Map();
    }
  }

  #write(): void {
    if (this.#orders.size === 0) {
      rmSync(this.#path, { force: true });
      return;
    }
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    const beside = `${this.#path}.${process.pid}`;
    writeFileSync(beside, JSON.stringify({ version: 1, orders: Object.fromEntries(this.#orders) }), { mode: 0o600 });
    renameSync(beside, this.#path);
  }
}

function parseOrder(raw: unknown): ScalingOrder | undefined {
  if (typeof raw !== 'object' || raw === null) return undefined;
  const { mode, replicas, min, max } = raw as Record<string, unknown>;
  if (mode !== 'settings' && mode !== 'auto' && mode !== 'paused' && mode !== 'manual') return undefined;
  const [count, low, high] = [countOf(replicas), countOf(min), countOf(max)];
  if (mode === 'manual' && count === undefined) return undefined;
  if (low !== undefined && high !== undefined && low > high) return undefined;
  return {
    mode,
    ...(count !== undefined && { replicas: count }),
    ...(low !== undefined && { min: low }),
    ...(high !== undefined && { max: high }),
  };
}

function countOf(value: unknown): number | undefined {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most ? (value as number) : undefined;
}
