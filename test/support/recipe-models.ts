/** Models with recipes that answer with what they were given, so that a test sees the numbers that a picture or a table became. */
import { answers } from './images.ts';
import { dictionaryModel, identityModel } from './models.ts';
import type { TestModel } from './model-repository.ts';
import { floats, int64s, model, node, tensorInfo } from './onnx-builder.ts';

export const prepared = (start: string) => answers.prepared.filter(({ what }) => what.startsWith(start));

/** Two boxes for every picture, in the pixels of its 32 × 32: one sure, one that only repeats it, one of another class. */
export const boxRows = [
  [0, 0, 16, 16, 0.9, 1],
  [1, 1, 17, 17, 0.6, 1],
  [16, 8, 32, 32, 0.8, 0],
];

function boxModel(): Uint8Array {
  return model({
    name: 'boxes',
    inputs: [tensorInfo('picture', 'FLOAT', ['batch', 3, 32, 32])],
    outputs: [tensorInfo('found', 'FLOAT', ['batch', boxRows.length, 6])],
    nodes: [
      node('ReduceMean', ['picture'], ['mean'], { axes: [1, 2, 3], keepdims: 1 }),
      node('Reshape', ['mean', 'shape'], ['perRow']),
      node('Mul', ['perRow', 'zero'], ['nothing']),
      node('Add', ['nothing', 'boxes'], ['found']),
    ],
    initializers: [
      int64s('shape', [3], [-1, 1, 1]),
      floats('zero', [1], [0]),
      floats('boxes', [1, boxRows.length, 6], boxRows.flat()),
    ],
  });
}

/** A number and a picture together. */
function mixedModel(): Uint8Array {
  return model({
    name: 'mixed',
    inputs: [tensorInfo('picture', 'FLOAT', ['batch', 1, 2, 2]), tensorInfo('weight', 'FLOAT', ['batch', 1])],
    outputs: [tensorInfo('total', 'FLOAT', ['batch', 1])],
    nodes: [
      node('Reshape', ['picture', 'shape'], ['flat']),
      node('ReduceSum', ['flat', 'axis'], ['sum'], { keepdims: 1 }),
      node('Add', ['sum', 'weight'], ['total']),
    ],
    initializers: [int64s('shape', [2], [-1, 4]), int64s('axis', [1], [1])],
  });
}

export const columns = [
  { name: 'temperature', unit: '°C', min: -40, max: 200 },
  { name: 'material', categories: ['steel', 'brass', 'copper'], default: 'steel' },
  { name: 'shift', categories: { day: 1, night: 2 } },
];

export const recipeModels: readonly TestModel[] = [
  {
    name: 'echo',
    bytes: identityModel('FLOAT', ['batch', 3, 32, 32]),
    manifest: { inputs: { x: { image: prepared('torchvision')[0]!.recipe } } },
  },
  {
    name: 'letterbox',
    bytes: identityModel('UINT8', ['batch', 40, 40, 3]),
    manifest: { inputs: { x: { image: prepared('letterbox')[0]!.recipe } } },
  },
  {
    name: 'gray',
    bytes: identityModel('FLOAT', ['batch', 64]),
    manifest: { inputs: { x: { image: prepared('8 × 8')[0]!.recipe } } },
  },
  {
    name: 'background',
    bytes: identityModel('UINT8', ['batch', 43, 61, 3]),
    manifest: { inputs: { x: { image: prepared('transparent')[0]!.recipe } } },
  },
  { name: 'table', bytes: identityModel('FLOAT', ['batch', 3]), manifest: { inputs: { x: { table: { columns } } } } },
  {
    name: 'words',
    bytes: dictionaryModel(),
    manifest: {
      inputs: { word: { table: { columns: [{ name: 'word', categories: ['one', 'two'], default: 'two' }] } } },
    },
  },
  {
    name: 'boxes',
    bytes: boxModel(),
    labels: ['screw', 'nut'],
    manifest: {
      inputs: { picture: { image: { fit: 'pad' } } },
      outputs: { found: { boxes: { format: 'xyxy', overlap: 0.5 } } },
    },
  },
  {
    name: 'mixed',
    bytes: mixedModel(),
    manifest: {
      inputs: {
        picture: { image: { fit: 'stretch', range: [0, 255] } },
        weight: { table: { columns: [{ name: 'weight', unit: 'g', min: 0 }] } },
      },
      outputs: { total: { unit: 'g' } },
    },
  },
  {
    name: 'scores',
    bytes: identityModel('FLOAT', ['batch', 4]),
    manifest: { outputs: { y: { labels: ['a', 'b', 'c', 'd'], top: 2, activation: 'softmax' } } },
  },
  { name: 'plain', bytes: identityModel('FLOAT', ['batch', 2]) },
];
