/** A request that works, for each model: what the start-up text, the landing page and the GUI print. Pure. */
import type { TensorSpec } from '../protocol/tensors.ts';
import type { GatewayModel } from './model-catalog.ts';

export interface ExampleRequest {
  readonly path: string;
  readonly body: unknown;
}

/** Numbers longer than this many characters are rounded: an example is read, not computed with. */
const exampleDigits = 6;

/** The simplest request that the model answers; undefined until its signature is known. */
export function exampleRequest(model: GatewayModel): ExampleRequest | undefined {
  const facts = model.facts;
  const input = facts?.signature.inputs[0];
  if (facts === undefined || input === undefined) return undefined;
  const oneRowOfNumbers =
    model.takesPredict &&
    facts.signature.inputs.length === 1 &&
    input.shape.length === 2 &&
    isFloat(input) &&
    input.shape[1]! > 0;
  if (!oneRowOfNumbers) return oipExample(model, facts.signature.inputs);
  const row = (model.exampleRow ?? Array.from({ length: input.shape[1]! }, () => 0)).map(shorten);
  const names = facts.featureNames;
  const named = names !== undefined && names.length === row.length && names.length <= 12;
  return {
    path: `/predict/${encodeURIComponent(model.name)}`,
    body: { features: named ? Object.fromEntries(names.map((name, index) => [name, row[index]])) : row },
  };
}

/** Zeros in the model's shape: no meaning, but a correct request. */
function oipExample(model: GatewayModel, inputs: readonly TensorSpec[]): ExampleRequest {
  return {
    path: `/v2/models/${encodeURIComponent(model.name)}/infer`,
    body: {
      inputs: inputs.map(({ name, datatype, shape }) => {
        const concrete = shape.map((dim) => (dim === -1 ? 1 : dim));
        const length = concrete.reduce((product, dim) => product * dim, 1);
        const zero = datatype === 'BYTES' ? '' : datatype === 'BOOL' ? false : 0;
        return { name, shape: concrete, datatype, data: Array.from({ length: Math.min(length, 4096) }, () => zero) };
      }),
    },
  };
}

function isFloat(input: TensorSpec): boolean {
  return input.datatype === 'FP32' || input.datatype === 'FP64';
}

function shorten(value: number): number {
  return Number(value.toPrecision(exampleDigits));
}

/** For a POSIX shell. */
export function curlLine(origin: string, example: ExampleRequest): string {
  return `curl -s ${origin}${example.path} -d '${JSON.stringify(example.body).replaceAll("'", String.raw`'\''`)}'`;
}

/** For Windows PowerShell. */
export function powershellLine(origin: string, example: ExampleRequest): string {
  const body = JSON.stringify(example.body).replaceAll("'", "''");
  return `Invoke-RestMethod ${origin}${example.path} -Method Post -Body '${body}'`;
}
