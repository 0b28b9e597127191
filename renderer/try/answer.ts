/**
 * What a model answered, in a shape that can be shown: classes with their scores, a number, or the outputs as they are. Reads
 * both answers, `/predict`'s and the Open Inference Protocol's. Pure.
 */
import { flatten, shapeOf } from './nested-array.ts';

export interface ClassScore {
  readonly label: string;
  readonly score: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** What a model found, in the pixels of the picture that was sent. */
export interface FoundBox {
  readonly label: string;
  readonly score: number;
  readonly box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
}

export interface OutputValue {
  readonly name: string;
  readonly shape: readonly number[];
  /** In row-major order; numbers where they are numbers. */
  readonly elements: readonly unknown[];
}

export type RowAnswer =
  | {
      readonly kind: 'classes';
      readonly label: string;
      /** Highest first; empty where the model gives only the class. */
      readonly scores: readonly ClassScore[];
      /** The scores are shares that sum to one. */
      readonly areShares: boolean;
    }
  | { readonly kind: 'number'; readonly value: number; readonly unit: string }
  | { readonly kind: 'boxes'; readonly boxes: readonly FoundBox[]; readonly size: Size | undefined }
  | { readonly kind: 'outputs'; readonly outputs: readonly OutputValue[] };

export interface ServerTime {
  readonly queueMs: number;
  readonly inferenceMs: number;
  readonly totalMs: number;
}

export interface Answer {
  readonly version: string;
  /** One per row of the request. */
  readonly rows: readonly RowAnswer[];
  /** What the host measured; undefined where the answer does not say. */
  readonly time: ServerTime | undefined;
}

type JsonObject = Readonly<Record<string, unknown>>;

/** `text` is the body of an answer that said yes. `labels` are the model's, for outputs that are scores by class. */
export function parseAnswer(text: string, labels: readonly string[] | undefined): Answer {
  const body = JSON.parse(text) as JsonObject;
  if (Array.isArray(body['outputs'])) return parseInferAnswer(body, labels);
  const rows = Array.isArray(body['predictions']) ? (body['predictions'] as JsonObject[]) : [body];
  return {
    version: String(body['version'] ?? ''),
    rows: rows.map(parseRow),
    time: body['time'] as ServerTime | undefined,
  };
}

function parseRow(row: JsonObject): RowAnswer {
  const prediction = row['prediction'];
  if (Array.isArray(prediction)) {
    const boxes = (prediction as FoundBox[]).map(({ label, score, box }) => ({ label: String(label), score, box }));
    return { kind: 'boxes', boxes, size: row['size'] as Size | undefined };
  }
  const top = row['top'] as readonly { readonly label: unknown; readonly score: number }[] | undefined;
  if (top !== undefined) {
    const scores = top.map(({ label, score }) => ({ label: String(label), score }));
    // The rest of the classes is not said: shares of one sum to less.
    const areShares = scores.every(({ score }) => score >= 0 && score <= 1 + 1e-6);
    return { kind: 'classes', label: String(prediction), scores, areShares };
  }
  const probabilities = row['probabilities'] as Readonly<Record<string, unknown>> | undefined;
  if (probabilities !== undefined) {
    return classes(
      String(prediction),
      Object.entries(probabilities).map(([label, score]) => ({ label, score: Number(score) })),
    );
  }
  if (row['label'] !== undefined) return classes(String(prediction), []);
  if (typeof prediction === 'object' && prediction !== null) {
    return {
      kind: 'outputs',
      outputs: Object.entries(prediction).map(([name, value]) => ({
        name,
        shape: shapeOf(value) ?? [],
        elements: flatten(value),
      })),
    };
  }
  return { kind: 'number', value: Number(prediction), unit: String(row['unit'] ?? '') };
}

function classes(label: string, scores: readonly ClassScore[]): RowAnswer {
  const sum = scores.reduce((total, { score }) => total + score, 0);
  return {
    kind: 'classes',
    label,
    scores: scores.toSorted((a, b) => b.score - a.score),
    areShares: scores.every(({ score }) => score >= -1e-6 && score <= 1 + 1e-6) && Math.abs(sum - 1) < 0.01,
  };
}

interface OipOutput {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: readonly unknown[];
}

function parseInferAnswer(body: JsonObject, labels: readonly string[] | undefined): Answer {
  const outputs = body['outputs'] as readonly OipOutput[];
  const version = String(body['model_version'] ?? '');
  const scores = outputs.find(
    ({ shape, datatype }) => labels !== undefined && datatype.startsWith('FP') && shape.at(-1) === labels.length,
  );
  if (labels !== undefined && scores !== undefined && scores.data.length % labels.length === 0) {
    const rows = Array.from({ length: scores.data.length / labels.length }, (_, row) => {
      const values = scores.data.slice(row * labels.length, (row + 1) * labels.length).map(Number);
      const best = values.indexOf(Math.max(...values));
      return classes(
        labels[best]!,
        values.map((score, index) => ({ label: labels[index]!, score })),
      );
    });
    return { version, rows, time: undefined };
  }
  const [only, ...others] = outputs;
  if (only !== undefined && others.length === 0 && only.data.length === 1 && typeof only.data[0] === 'number') {
    return { version, rows: [{ kind: 'number', value: only.data[0], unit: '' }], time: undefined };
  }
  return {
    version,
    rows: [{ kind: 'outputs', outputs: outputs.map(({ name, shape, data }) => ({ name, shape, elements: data })) }],
    time: undefined,
  };
}
