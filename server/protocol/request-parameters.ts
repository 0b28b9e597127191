/**
 * The `parameters` objects of the Open Inference Protocol: which values they take, which keys mean something, and which of
 * those Millrace refuses because it would otherwise ignore what the client counts on (sequences, shared memory).
 */
import { MillraceError } from '../base/errors.ts';
import { described, quoted } from './wording.ts';

type ParameterValue = string | number | boolean;
export type Parameters = Readonly<Record<string, ParameterValue>>;

const NONE: Parameters = Object.freeze({});

/**
 * The parameters of one request, input or output; `owner` names it in errors (`the request`, `output "label"`). Integers
 * beyond 2^53 become the nearest double.
 *
 * Throws `invalid-request` where it is no object or a value is not a string, number or boolean; `unsupported` for a
 * shared memory region.
 */
export function parseParameters(value: unknown, owner: string): Parameters {
  if (value === undefined) return NONE;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new MillraceError(
      'invalid-request',
      `The parameters of ${owner} are ${described(value)}, expected an object.`,
    );
  }
  const parameters = value as Record<string, unknown>;
  for (const key in parameters) {
    const parameter = parameters[key];
    if (key.startsWith('shared_memory_')) {
      throw new MillraceError(
        'unsupported',
        `Parameter ${quoted(key)} of ${owner} asks for shared memory, which Millrace does not offer; send the tensor in the request.`,
      );
    }
    if (typeof parameter === 'bigint') parameters[key] = Number(parameter);
    else if (typeof parameter !== 'string' && typeof parameter !== 'number' && typeof parameter !== 'boolean') {
      throw new MillraceError(
        'invalid-request',
        `Parameter ${quoted(key)} of ${owner} is ${described(parameter)}, expected a string, a number or a boolean.`,
      );
    }
  }
  return parameters as Parameters;
}

/**
 * The parameters of a whole request.
 *
 * Throws what {@link parseParameters} throws; `invalid-request` for keys that start with the reserved `triton_`, for a
 * `priority` or `timeout` that is no non-negative integer, for a `binary_data_output` that is no boolean; `unsupported`
 * where a sequence is meant (an id other than 0 or empty, or start or end is set).
 */
export function parseRequestParameters(value: unknown): Parameters {
  const parameters = parseParameters(value, 'the request');
  for (const key in parameters) {
    const parameter = parameters[key]!;
    if (key.startsWith('triton_')) {
      throw new MillraceError(
        'invalid-request',
        `Parameter ${quoted(key)} of the request starts with the reserved "triton_".`,
      );
    }
    if (key === 'sequence_id' || key === 'sequence_start' || key === 'sequence_end') {
      if (parameter !== 0 && parameter !== '' && parameter !== false) {
        throw new MillraceError(
          'unsupported',
          `Parameter ${quoted(key)} of the request is ${described(parameter)}, but Millrace serves no sequences: each request stands alone.`,
        );
      }
    } else if (key === 'priority' || key === 'timeout') {
      if (!isCount(parameter)) {
        throw new MillraceError(
          'invalid-request',
          `Parameter ${quoted(key)} of the request is ${described(parameter)}, expected an integer of 0 or more.`,
        );
      }
    }
  }
  readFlag(parameters, 'binary_data_output', 'the request');
  return parameters;
}

/** A boolean parameter, false where it is absent; throws `invalid-request` where it is something else. */
export function readFlag(parameters: Parameters, key: string, owner: string): boolean {
  const value = parameters[key] ?? false;
  if (typeof value === 'boolean') return value;
  throw new MillraceError(
    'invalid-request',
    `Parameter ${quoted(key)} of ${owner} is ${described(value)}, expected true or false.`,
  );
}

/** An integer parameter of 0 or more, undefined where it is absent; throws `invalid-request` where it is something else. */
export function readCount(parameters: Parameters, key: string, owner: string): number | undefined {
  const value = parameters[key];
  if (value === undefined || isCount(value)) return value;
  throw new MillraceError(
    'invalid-request',
    `Parameter ${quoted(key)} of ${owner} is ${described(value)}, expected an integer of 0 or more.`,
  );
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}
