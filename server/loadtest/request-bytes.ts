/** A load test's requests as they go over the wire, built once and sent again and again. Pure. */
import { MillraceError } from '../base/errors.ts';
import { encodeStrings, rawElements } from '../protocol/datatypes.ts';
import { writeJsonElements } from '../protocol/json-tensor.ts';
import type { Tensor } from '../protocol/tensors.ts';
import type { Endpoint } from './endpoint.ts';

export interface RequestForm {
  readonly model: string;
  readonly version?: string | undefined;
  readonly api: 'infer' | 'predict';
  readonly format: 'json' | 'binary';
  readonly headers: Readonly<Record<string, string>>;
  /** Whether an answer that was saved before will do. */
  readonly savedAnswers: boolean;
}

/** Paths of the model in the Open Inference Protocol. */
export function modelPath(basePath: string, model: string, version: string | undefined): string {
  const versionPart = version === undefined ? '' : `/versions/${encodeURIComponent(version)}`;
  return `${basePath}/v2/models/${encodeURIComponent(model)}${versionPart}`;
}

export function encodeRequest(endpoint: Endpoint, form: RequestForm, inputs: readonly Tensor[]): Buffer {
  const { contentType, jsonLength, body } = form.api === 'predict' ? predictBody(inputs) : inferBody(form, inputs);
  const path =
    form.api === 'predict'
      ? `${endpoint.basePath}/predict/${encodeURIComponent(form.model)}`
      : `${modelPath(endpoint.basePath, form.model, form.version)}/infer`;
  const lines = [
    `POST ${path} HTTP/1.1`,
    `Host: ${endpoint.host}`,
    `Content-Type: ${contentType}`,
    `Content-Length: ${body.length}`,
    ...(jsonLength === undefined ? [] : [`Inference-Header-Content-Length: ${jsonLength}`]),
    ...(form.savedAnswers || hasHeader(form.headers, 'cache-control') ? [] : ['Cache-Control: no-store']),
    ...Object.entries(form.headers).map(([name, value]) => headerLine(name, value)),
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body]);
}

function hasHeader(headers: Readonly<Record<string, string>>, name: string): boolean {
  return Object.keys(headers).some((each) => each.toLowerCase() === name);
}

/** Throws `invalid-config`. Also used where a header goes another way than through these bytes. */
export function headerLine(name: string, value: string): string {
  const isFit = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name) && /^[\t\u0020-\u007E\u0080-\u00FF]*$/.test(value);
  if (!isFit) {
    throw new MillraceError('invalid-config', `The header ${JSON.stringify(name)} is none that HTTP can carry.`, {
      hint: "Write it as 'Name: value'.",
    });
  }
  return `${name}: ${value}`;
}

interface Body {
  readonly contentType: string;
  readonly jsonLength: number | undefined;
  readonly body: Buffer;
}

function inferBody({ format }: RequestForm, inputs: readonly Tensor[]): Body {
  if (format === 'json') {
    const list = inputs.map(
      (tensor) =>
        `{"name":${JSON.stringify(tensor.name)},"shape":${JSON.stringify(tensor.shape)},"datatype":"${tensor.datatype}","data":${writeJsonElements(tensor)}}`,
    );
    return {
      contentType: 'application/json',
      jsonLength: undefined,
      body: Buffer.from(`{"inputs":[${list.join(',')}]}`),
    };
  }
  const raws = inputs.map(({ data }) => (Array.isArray(data) ? encodeStrings(data) : rawElements(data)));
  const json = Buffer.from(
    JSON.stringify({
      inputs: inputs.map(({ name, shape, datatype }, index) => ({
        name,
        shape,
        datatype,
        parameters: { binary_data_size: raws[index]!.byteLength },
      })),
      parameters: { binary_data_output: true },
    }),
  );
  return { contentType: 'application/octet-stream', jsonLength: json.length, body: Buffer.concat([json, ...raws]) };
}

/** `/predict` takes the rows of a model with one input. */
function predictBody(inputs: readonly Tensor[]): Body {
  const [input] = inputs;
  if (inputs.length !== 1 || input === undefined || input.shape.length !== 2) {
    throw new MillraceError('invalid-config', 'A load test of /predict needs a model with one input of rows.', {
      hint: 'Leave --predict away; the other interface takes every model.',
    });
  }
  const elements = JSON.parse(writeJsonElements(input)) as unknown[];
  const width = input.shape[1]!;
  const rows = Array.from({ length: input.shape[0]! }, (_, row) => elements.slice(row * width, (row + 1) * width));
  return {
    contentType: 'application/json',
    jsonLength: undefined,
    body: Buffer.from(JSON.stringify({ features: rows.length === 1 ? rows[0] : rows })),
  };
}
