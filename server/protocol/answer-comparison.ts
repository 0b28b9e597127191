/**
 * Whether two versions of a model gave the same answer to one request: JSON value by value, raw tensors element by element. What
 * two equal models say differently, their version and their times, does not count.
 */
import { joined } from './frames.ts';
import { fp16ToNumber, bf16ToNumber } from './half-floats.ts';
import { parseJsonDocument } from './json-document.ts';
import { decodeInferAnswer } from './oip-client.ts';
import type { Tensor } from './tensors.ts';

export interface ComparableAnswer {
  readonly body: readonly Buffer[];
  /** Bytes of JSON where raw tensors follow. */
  readonly jsonLength: number | undefined;
}

export interface AnswerDifference {
  readonly isDifferent: boolean;
  /** Largest difference between two numbers at the same place; 0 where there are none. */
  readonly worstDifference: number;
}

/** Members that say who answered and how long it took. */
const passedOver = new Set(['model_version', 'version', 'time', 'id']);

/** `tolerance` is absolute for numbers up to 1 and relative above; all else must be equal. */
export function compareAnswers(a: ComparableAnswer, b: ComparableAnswer, tolerance: number): AnswerDifference {
  const comparison = new Comparison(tolerance);
  const [bodyA, bodyB] = [joined(a.body), joined(b.body)];
  try {
    const jsonOf = (body: Buffer, length: number | undefined): unknown =>
      parseJsonDocument(body.subarray(0, length ?? body.length));
    comparison.values(jsonOf(bodyA, a.jsonLength), jsonOf(bodyB, b.jsonLength));
    if (a.jsonLength !== undefined && b.jsonLength !== undefined) {
      const rawB = decodeInferAnswer(bodyB, b.jsonLength);
      for (const [index, tensor] of decodeInferAnswer(bodyA, a.jsonLength).entries()) {
        comparison.values(elementsOf(tensor), rawB[index] && elementsOf(rawB[index]));
      }
    }
  } catch {
    // One of them cannot be read: they are not the same answer.
    return { isDifferent: true, worstDifference: comparison.worst };
  }
  return { isDifferent: comparison.isDifferent, worstDifference: comparison.worst };
}

function elementsOf({ datatype, data }: Tensor): unknown[] {
  const elements: unknown[] = Array.from(data as ArrayLike<unknown>);
  if (datatype === 'FP16') return elements.map((bits) => fp16ToNumber(bits as number));
  return datatype === 'BF16' ? elements.map((bits) => bf16ToNumber(bits as number)) : elements;
}

class Comparison {
  readonly #tolerance: number;
  isDifferent = false;
  worst = 0;

  constructor(tolerance: number) {
    this.#tolerance = tolerance;
  }

  values(a: unknown, b: unknown): void {
    if (typeof a === 'number' && typeof b === 'number') this.#numbers(a, b);
    else if (Array.isArray(a) && Array.isArray(b)) {
      if (a.length !== b.length) this.isDifferent = true;
      else for (const [index, value] of a.entries()) this.values(value, b[index]);
    } else if (isRecord(a) && isRecord(b)) {
      for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
        if (!passedOver.has(key)) this.values(a[key], b[key]);
      }
    } else if (a !== b) this.isDifferent = true;
  }

  #numbers(a: number, b: number): void {
    if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return;
    const apart = Math.abs(a - b);
    if (Number.isFinite(apart)) this.worst = Math.max(this.worst, apart);
    if (!(apart <= this.#tolerance * Math.max(1, Math.abs(a), Math.abs(b)))) this.isDifferent = true;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
