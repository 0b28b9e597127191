/** What changes for clients when one version of a model takes the place of another: pure. */
import type { Signature, TensorSpec } from '../protocol/tensors.ts';

export interface SignatureChange {
  /** One sentence. */
  readonly text: string;
  /** True where a client of the old version may fail with the new one. */
  readonly breaking: boolean;
}

/** In the order of the old signature, additions last. Empty where nothing changes; the order of tensors does not count. */
export function diffSignatures(before: Signature, after: Signature): SignatureChange[] {
  return [
    ...diffTensors('input', before.inputs, after.inputs),
    ...diffTensors('output', before.outputs, after.outputs),
  ];
}

function diffTensors(
  role: 'input' | 'output',
  before: readonly TensorSpec[],
  after: readonly TensorSpec[],
): SignatureChange[] {
  const changes = before.flatMap((old): SignatureChange[] => {
    const now = after.find(({ name }) => name === old.name);
    if (now === undefined) return [{ text: `${role} ${old.name} is gone`, breaking: true }];
    const found: SignatureChange[] = [];
    if (now.datatype !== old.datatype) {
      found.push({ text: `${role} ${old.name} is ${now.datatype}, was ${old.datatype}`, breaking: true });
    }
    if (shapeOf(now) !== shapeOf(old)) {
      const breaking = role === 'input' ? !accepts(now.shape, old.shape) : !accepts(old.shape, now.shape);
      found.push({ text: `${role} ${old.name} has shape ${shapeOf(now)}, was ${shapeOf(old)}`, breaking });
    }
    return found;
  });
  const added = after.filter((now) => !before.some(({ name }) => name === now.name));
  return [
    ...changes,
    ...added.map((now) => ({
      text: `${role} ${now.name} ${now.datatype} ${shapeOf(now)} is new`,
      // Every input must be sent; an output more does not disturb.
      breaking: role === 'input',
    })),
  ];
}

/** Whether everything that fits `narrow` fits `wide` as well. */
function accepts(wide: readonly number[], narrow: readonly number[]): boolean {
  return wide.length === narrow.length && wide.every((size, index) => size === -1 || size === narrow[index]);
}

function shapeOf({ shape }: TensorSpec): string {
  return `[${shape.map((size) => (size === -1 ? 'any' : size)).join(', ')}]`;
}
