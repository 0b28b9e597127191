/** What the inference listener takes and gives, as JSON Schemas for its document. The parsers in protocol/ decide; tests hold both together. */
import type { JsonSchema } from '../openapi/openapi-document.ts';
import { datatypes } from '../protocol/tensors.ts';

const text: JsonSchema = { type: 'string' };
const whole: JsonSchema = { type: 'integer' };
const anything: JsonSchema = {};
const list = (items: JsonSchema): JsonSchema => ({ type: 'array', items });
const ref = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });

function object(
  required: Readonly<Record<string, JsonSchema>>,
  optional: Readonly<Record<string, JsonSchema>> = {},
): JsonSchema {
  return { type: 'object', properties: { ...required, ...optional }, required: Object.keys(required) };
}

const parameters: JsonSchema = {
  type: 'object',
  additionalProperties: { type: ['string', 'number', 'boolean'] },
};

const datatype: JsonSchema = { enum: [...datatypes] };

const tensorMetadata = object({ name: text, datatype, shape: list(whole) }, { parameters });

/** Flat or nested in the tensor's shape; absent where `binary_data_size` says that the bytes follow the JSON. */
const data: JsonSchema = { type: 'array', items: anything };

export const inferenceSchemas: Readonly<Record<string, JsonSchema>> = {
  Error: object({ error: text, code: text }, { hint: text, details: { type: 'object' }, request_id: text }),
  Tensor: object({ name: text, datatype, shape: list({ type: 'integer', minimum: 0 }) }, { data, parameters }),
  InferRequest: object(
    { inputs: list(ref('Tensor')) },
    { id: text, parameters, outputs: list(object({ name: text }, { parameters })) },
  ),
  InferAnswer: object(
    { model_name: text, model_version: text, outputs: list(ref('Tensor')) },
    { id: text, parameters },
  ),
  ModelMetadata: object({
    name: text,
    versions: list(text),
    platform: text,
    inputs: list(tensorMetadata),
    outputs: list(tensorMetadata),
  }),
  PredictRequest: {
    type: 'object',
    properties: {
      features: {
        description: 'One row or many: numbers in order, or objects by feature name.',
        anyOf: [{ type: 'array', items: anything }, { type: 'object' }],
      },
      inputs: { type: 'object', description: 'By input, for models with several.' },
      model: { type: 'string', description: 'Only for POST /predict.' },
      version: { anyOf: [text, whole] },
    },
  },
  PredictAnswer: object(
    {
      model: text,
      version: text,
      time: object({ queueMs: { type: 'number' }, inferenceMs: { type: 'number' }, totalMs: { type: 'number' } }),
    },
    { prediction: anything, predictions: list(anything), label: anything, probabilities: anything },
  ),
  Statistics: object({ model_stats: list({ type: 'object' }) }),
};

export const inferenceShapes = {
  live: object({ live: { type: 'boolean' } }),
  ready: object({ ready: { type: 'boolean' } }, { live: { type: 'boolean' } }),
  modelReady: object({ name: text, ready: { type: 'boolean' } }),
  server: object({ name: text, version: text, extensions: list(text) }),
  models: object({ models: list(text) }),
  index: list(object({ name: text, version: text, state: text, reason: text })),
  settings: { type: 'object' } as JsonSchema,
  document: { type: 'object' } as JsonSchema,
  inferRequest: ref('InferRequest'),
  inferAnswer: ref('InferAnswer'),
  metadata: ref('ModelMetadata'),
  predictRequest: ref('PredictRequest'),
  predictAnswer: ref('PredictAnswer'),
  statistics: ref('Statistics'),
  pairingClaim: object({ code: text, name: text }),
  pairingClaimed: object({ id: text, secret: text, number: text }),
  pairingQuestion: object({ id: text, secret: text }),
  pairingAnswer: object({ state: text }, { key: text }),
};
