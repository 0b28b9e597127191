/**
 * What an ONNX file says about itself, read in one bounded walk: no weight is loaded, no operator is run. ONNX Runtime has
 * not seen the file yet, so nothing here is believed; inspection.ts judges what was found.
 *
 * Field numbers: onnx/onnx.proto, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
import type { ByteSource } from './byte-source.ts';
import { elementBytes } from './onnx-elements.ts';
import { maxRank, readValue, refuseOnnx } from './onnx-values.ts';
import type { OnnxValue } from './onnx-values.ts';
import { FieldBudget, MessageReader } from './protobuf-reader.ts';
import type { Span } from './protobuf-reader.ts';

export interface ExternalFile {
  /** As written in the model. */
  readonly location: string;
  /** Smallest size that holds all tensors which point into it. */
  readonly minBytes: number;
}

/** A ZipMap node of the main graph: classes and their probabilities as a map, which no tensor server can send. */
export interface ZipMapNode {
  readonly input: string;
  readonly output: string;
  readonly classLabels: readonly (string | number)[];
  readonly whole: Span;
}

export interface OnnxModel {
  readonly irVersion: number;
  readonly producer: string;
  /** By domain; `''` is ai.onnx. */
  readonly opsets: Readonly<Record<string, number>>;
  /** Nodes in all graphs and functions. */
  readonly nodeCount: number;
  /** Uses of each operator, by `domain:name`, the domain left out for ai.onnx. */
  readonly operators: ReadonlyMap<string, number>;
  /** Domains that the model's own functions define. */
  readonly functionDomains: ReadonlySet<string>;
  /** Without those that are initialisers. */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly initializerCount: number;
  /** As declared by types and dimensions, whether or not the bytes are there. */
  readonly initializerBytes: number;
  readonly externalFiles: readonly ExternalFile[];
  readonly zipMaps: readonly ZipMapNode[];
  /** The main graph: its content, and the field of the model that holds it. */
  readonly graph: Span;
  readonly graphField: Span;
}

/** More than any operator set has; it bounds a map. */
const maxOperators = 10_000;
const maxValues = 100_000;
const maxExternalFiles = 10_000;
const maxZipMaps = 100;
const maxClassLabels = 65_536;
/** Graphs within graphs; exporters nest two or three. */
const maxDepth = 32;
const maxLocationBytes = 4096;

/** Throws `model-refused`, and nothing else, on whatever bytes. */
export function readOnnx(source: ByteSource): OnnxModel {
  return new Walk(source).model();
}

class Walk {
  readonly #source: ByteSource;
  readonly #budget = new FieldBudget();
  readonly #operators = new Map<string, number>();
  readonly #external = new Map<string, number>();
  readonly #functionDomains = new Set<string>();
  readonly #zipMaps: ZipMapNode[] = [];
  /** Names of the main graph's inputs that turned out to be initialisers. */
  readonly #initialized = new Set<string>();
  #inputNames: ReadonlySet<string> = new Set();
  #nodeCount = 0;
  #initializerCount = 0;
  #initializerBytes = 0;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  model(): OnnxModel {
    const file = new MessageReader(this.#source, { start: 0, end: this.#source.sizeBytes }, this.#budget);
    const opsets: Record<string, number> = Object.create(null);
    let irVersion = 0;
    let producer = '';
    let graph: MessageReader | undefined;
    let graphField: Span = { start: 0, end: 0 };
    while (file.next()) {
      if (file.field === 1) irVersion = file.number;
      else if (file.field === 2) producer = file.text('the name of the producer');
      else if (file.field === 3) producer = `${producer} ${file.text('the version of the producer')}`.trim();
      else if (file.field === 7) {
        if (graph !== undefined) throw refuseOnnx('it has two graphs');
        graph = file.message();
        graphField = file.whole;
      } else if (file.field === 8) this.#opset(file.message(), opsets);
      else if (file.field === 20) this.#training(file.message());
      else if (file.field === 25) this.#function(file.message());
    }
    if (graph === undefined || irVersion <= 0) throw refuseOnnx('it has no graph');
    const { inputs, outputs } = this.#values(new MessageReader(this.#source, graph.span, this.#budget));
    this.#inputNames = new Set(inputs.map(({ name }) => name));
    this.#graph(graph, 0);
    return {
      irVersion,
      producer,
      opsets,
      nodeCount: this.#nodeCount,
      operators: this.#operators,
      functionDomains: this.#functionDomains,
      inputs: inputs.filter(({ name }) => !this.#initialized.has(name)),
      outputs,
      initializerCount: this.#initializerCount,
      initializerBytes: this.#initializerBytes,
      externalFiles: [...this.#external].map(([location, minBytes]) => ({ location, minBytes })),
      zipMaps: this.#zipMaps,
      graph: graph.span,
      graphField,
    };
  }

  #opset(message: MessageReader, opsets: Record<string, number>): void {
    let domain = '';
    let version = 0;
    while (message.next()) {
      if (message.field === 1) domain = message.text('a domain');
      else if (message.field === 2) version = message.number;
    }
    if (Object.keys(opsets).length >= 1000) throw refuseOnnx('it imports more than 1000 operator sets');
    opsets[domain === 'ai.onnx' ? '' : domain] = version;
  }

  #values(graph: MessageReader): { inputs: OnnxValue[]; outputs: OnnxValue[] } {
    const inputs: OnnxValue[] = [];
    const outputs: OnnxValue[] = [];
    while (graph.next()) {
      if (graph.field !== 11 && graph.field !== 12) continue;
      const list = graph.field === 11 ? inputs : outputs;
      if (list.push(readValue(graph)) > maxValues) throw refuseOnnx(`it has more than ${maxValues} inputs or outputs`);
    }
    return { inputs, outputs };
  }

  #graph(graph: MessageReader, depth: number): void {
    if (depth > maxDepth) throw refuseOnnx(`its graphs are nested more than ${maxDepth} deep`);
    while (graph.next()) {
      if (graph.field === 1) this.#node(graph, depth);
      else if (graph.field === 5) this.#tensor(graph.message(), depth === 0);
      else if (graph.field === 15) this.#sparse(graph.message());
    }
  }

  /** Its two graphs may name data files as well. */
  #training(message: MessageReader): void {
    while (message.next()) if (message.field === 1 || message.field === 2) this.#graph(message.message(), 1);
  }

  #function(message: MessageReader): void {
    while (message.next()) {
      if (message.field === 7) this.#node(message, 1);
      else if (message.field === 11) this.#attribute(message.message(), 1);
      else if (message.field === 10 && this.#functionDomains.size < maxOperators) {
        this.#functionDomains.add(message.text('a domain'));
      }
    }
  }

  #node(field: MessageReader, depth: number): void {
    this.#nodeCount += 1;
    const message = field.message();
    const inputs: string[] = [];
    const outputs: string[] = [];
    let operator = '';
    let domain = '';
    const attributes: MessageReader[] = [];
    while (message.next()) {
      if (message.field === 1 && inputs.length < 2) inputs.push(message.text('the name of a value', 65_536));
      else if (message.field === 2 && outputs.length < 2) outputs.push(message.text('the name of a value', 65_536));
      else if (message.field === 4) operator = message.text('the name of an operator');
      else if (message.field === 7) domain = message.text('a domain');
      else if (message.field === 5) {
        const attribute = message.message();
        this.#attribute(new MessageReader(this.#source, attribute.span, this.#budget), depth);
        if (attributes.length < 8) attributes.push(attribute);
      }
    }
    const key = domain === '' || domain === 'ai.onnx' ? operator : `${domain}:${operator}`;
    this.#operators.set(key, (this.#operators.get(key) ?? 0) + 1);
    if (this.#operators.size > maxOperators) throw refuseOnnx(`it uses more than ${maxOperators} different operators`);
    if (key === 'ai.onnx.ml:ZipMap' && depth === 0 && this.#zipMaps.length < maxZipMaps) {
      const classLabels = attributes.flatMap(readClassLabels);
      this.#zipMaps.push({ input: inputs[0] ?? '', output: outputs[0] ?? '', classLabels, whole: field.whole });
    }
  }

  #attribute(message: MessageReader, depth: number): void {
    while (message.next()) {
      if (message.field === 5 || message.field === 10) this.#tensor(message.message(), false);
      else if (message.field === 6 || message.field === 11) this.#graph(message.message(), depth + 1);
      else if (message.field === 22 || message.field === 23) this.#sparse(message.message());
    }
  }

  /** SparseTensorProto: values 1, indices 2. */
  #sparse(message: MessageReader): void {
    while (message.next()) if (message.field === 1 || message.field === 2) this.#tensor(message.message(), false);
  }

  #tensor(message: MessageReader, isInitializer: boolean): void {
    let count = 1;
    let rank = 0;
    let type = 0;
    // A key that is given twice counts twice: which of the two ONNX Runtime takes is its own affair.
    const locations: string[] = [];
    let offset = 0;
    let length: number | undefined;
    while (message.next()) {
      if (message.field === 1) {
        message.numbers((dimension) => {
          if (dimension < 0) throw refuseOnnx('a tensor has a negative dimension');
          if (++rank > maxRank) throw refuseOnnx(`a tensor has more than ${maxRank} dimensions`);
          count = dimension === 0 || count === 0 ? 0 : count * dimension;
        });
      } else if (message.field === 2) type = message.number;
      else if (message.field === 8 && isInitializer) this.#name(message);
      else if (message.field === 13) {
        const [key, value] = readEntry(message.message());
        if (key === 'location') locations.push(value);
        else if (key === 'offset') offset = Math.max(offset, wholeNumber(key, value));
        else if (key === 'length') length = Math.max(length ?? 0, wholeNumber(key, value));
      }
    }
    const bytes = elementBytes(type, count);
    this.#initializerCount += 1;
    this.#initializerBytes += bytes;
    for (const location of locations) {
      this.#external.set(location, Math.max(this.#external.get(location) ?? 0, offset + (length ?? bytes)));
    }
    if (this.#external.size > maxExternalFiles) throw refuseOnnx(`it names more than ${maxExternalFiles} data files`);
  }

  #name(message: MessageReader): void {
    const { start, end } = message.content;
    if (this.#inputNames.size === 0 || end - start > 1024) return;
    const name = message.text('the name of a tensor');
    if (this.#inputNames.has(name)) this.#initialized.add(name);
  }
}

/** Attributes classlabels_strings and classlabels_int64s of ZipMap; none for other attributes. */
function readClassLabels(attribute: MessageReader): (string | number)[] {
  const labels: (string | number)[] = [];
  const add = (label: string | number): void => {
    if (labels.push(label) > maxClassLabels) throw refuseOnnx(`its ZipMap has more than ${maxClassLabels} classes`);
  };
  while (attribute.next()) {
    if (attribute.field === 8) attribute.numbers(add);
    else if (attribute.field === 9) add(attribute.text('a class label'));
  }
  return labels;
}

function readEntry(message: MessageReader): [key: string, value: string] {
  let key = '';
  let value = '';
  while (message.next()) {
    if (message.field === 1) key = message.text('a key of external data');
    else if (message.field === 2) value = message.text('a value of external data', maxLocationBytes);
  }
  return [key, value];
}

function wholeNumber(key: string, text: string): number {
  if (!/^[0-9]{1,15}$/.test(text)) throw refuseOnnx(`the ${key} of an external tensor is no whole number of bytes`);
  return Number(text);
}
