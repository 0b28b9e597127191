/**
 * `"entity": {"set": "patients", "id": "42"}` in the body of `/predict`: what the request leaves out is taken from the feature
 * store. What the request says wins. Pure; the numbers of the request keep every digit.
 */
import { MillraceError } from '../base/errors.ts';
import { parseJsonDocument } from '../protocol/json-document.ts';
import type { ModelFacts } from '../protocol/tensors.ts';
import { described, quoted } from '../protocol/wording.ts';
import { parseEntityId, parseSetName } from './feature-set.ts';
import type { StoredEntity } from './feature-set.ts';

export interface EntityRequest {
  readonly set: string;
  readonly id: string;
  /** The rest of the request, its numbers as they were written. */
  readonly document: Readonly<Record<string, unknown>>;
}

const entityWord = Buffer.from('"entity"');

/** Undefined where the body names no entity. Throws `invalid-json`, `invalid-request` or `invalid-name` where it names one wrongly. */
export function readEntityRequest(body: Buffer): EntityRequest | undefined {
  if (!body.includes(entityWord)) return undefined;
  const parsed = parseJsonDocument(body);
  if (!isObject(parsed) || parsed['entity'] === undefined) return undefined;
  const { entity, ...document } = exactly(body);
  if (!isObject(entity)) {
    throw new MillraceError('invalid-request', `The "entity" is ${described(entity)}, expected a set and an id.`, {
      hint: 'Write "entity": {"set": "patients", "id": "42"}.',
    });
  }
  const plain = parsed['entity'] as Record<string, unknown>;
  return { set: parseSetName(plain['set']), id: parseEntityId(plain['id']), document };
}

/** The body as the model's own `/predict` takes it. Throws `missing-feature` or `invalid-request`. */
export function fillFromEntity(
  { set, id, document }: EntityRequest,
  stored: StoredEntity | undefined,
  model: ModelFacts,
): Buffer {
  const names = model.featureNames;
  const byInput = model.signature.inputs.length > 1;
  if (names === undefined && !byInput) {
    throw new MillraceError('invalid-request', `Model ${quoted(model.name)} has no feature names to fill.`, {
      hint: 'Name its features in millrace.json ("features": [...]), or send the values in the request.',
    });
  }
  const member = byInput ? 'inputs' : 'features';
  const sent = document[member] ?? {};
  if (!isObject(sent)) {
    throw new MillraceError(
      'invalid-request',
      `With an "entity" the ${quoted(member)} are an object by name, but ${Array.isArray(sent) ? 'an array was' : `${described(sent)} was`} sent.`,
      { hint: 'Send by name what is to replace the stored features, or leave it out.' },
    );
  }
  const wanted = byInput ? model.signature.inputs.map(({ name }) => name) : names!;
  const filled: Record<string, unknown> = { ...sent };
  const missing: string[] = [];
  for (const name of wanted) {
    if (Object.hasOwn(sent, name)) continue;
    if (stored === undefined || !Object.hasOwn(stored.features, name)) missing.push(name);
    // An input of its own has a row of one value; a feature is the value.
    else filled[name] = byInput ? [stored.features[name]] : stored.features[name];
  }
  if (missing.length > 0) throw missingFeature(missing, set, id, stored !== undefined);
  return Buffer.from(JSON.stringify({ ...document, [member]: filled }));
}

/** Numbers stay the text that they were: a double would lose the digits of a long integer. */
function exactly(body: Buffer): Record<string, unknown> {
  try {
    return sourceJson.parse(body.toString(), (_key, value, context) =>
      typeof value === 'number' && context?.source !== undefined ? sourceJson.rawJSON(context.source) : value,
    ) as Record<string, unknown>;
  } catch {
    // The strict reader has accepted it, so it is NaN or Infinity that JSON does not know.
    throw new MillraceError('invalid-request', 'A request that names an entity may not hold NaN or Infinity.');
  }
}

/** Part of the language that its types do not know yet (the proposal "JSON.parse source text access"). */
const sourceJson = JSON as unknown as {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context?: { readonly source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
};

function missingFeature(missing: readonly string[], set: string, id: string, isThere: boolean): MillraceError {
  const where = isThere
    ? `entity ${quoted(id)} of the set ${quoted(set)} does not have it`
    : `the set ${quoted(set)} has no entity ${quoted(id)}`;
  const others = missing.length === 1 ? '' : ` ${missing.length - 1} more are missing as well.`;
  return new MillraceError(
    'missing-feature',
    `Feature ${quoted(missing[0]!)} is missing: the request does not say it, and ${where}.${others}`,
    { hint: 'Send it in the request, or write it to the feature store.', details: { missing: missing.slice(0, 100) } },
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
