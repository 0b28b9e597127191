/**
 * What a file is that somebody took for an ONNX model, by its first bytes: so that a web page is called a web page and not
 * "protobuf parsing failed". Knows nothing of ONNX itself, which has no mark at its start.
 */

/** Bytes from the start of a file that `describeWrongFile` wants to see. */
export const sniffedBytes = 4096;

export interface WrongFile {
  /** For programs. */
  readonly reason: string;
  /** Completes "model.onnx is …". */
  readonly is: string;
  /** What to ask for, one sentence. */
  readonly hint: string;
}

const exportFromPyTorch = 'Ask for an export with torch.onnx.export(model, example, "model.onnx", dynamo=True).';
const exportFromTensorFlow =
  'Ask for a conversion: `python -m tf2onnx.convert --saved-model <folder> --output model.onnx`.';
const pyTorch: WrongFile = { reason: 'pytorch', is: 'a PyTorch file', hint: exportFromPyTorch };
const downloadAgain = 'Download the file itself: on GitHub and Hugging Face that is the button "Download" or "Raw".';

/** Undefined where the bytes may be ONNX. `head` is the start of the file, `sizeBytes` its whole size. */
export function describeWrongFile(head: Buffer, sizeBytes: number, fileName: string): WrongFile | undefined {
  if (sizeBytes === 0) {
    return { reason: 'empty', is: 'an empty file', hint: 'Copy it again: the last copy or download did not finish.' };
  }
  const text = head.toString('latin1');
  const start = text.replace(/^(?:\xEF\xBB\xBF)?\s+/, '').slice(0, 512);
  if (text.startsWith('version https://git-lfs.github.com/spec/')) {
    const size = /^size (\d+)$/m.exec(text)?.[1];
    return {
      reason: 'git-lfs-pointer',
      is: `a Git LFS pointer, which stands for a file of ${size ?? 'unknown'} bytes that was not downloaded`,
      hint: 'Run `git lfs pull` where it was cloned, or download the file itself.',
    };
  }
  if (/^(?:\xEF\xBB\xBF)?<(?:!doctype html|html|head|body|!--)/i.test(start)) {
    return { reason: 'web-page', is: 'a web page (HTML)', hint: downloadAgain };
  }
  if (start.startsWith('<?xml') || start.startsWith('<Error>')) {
    return { reason: 'xml', is: 'an XML document, perhaps the error of a download', hint: downloadAgain };
  }
  if (text.startsWith('PK\x03\x04')) return describeZip(text);
  if (text.startsWith('\x89HDF\r\n')) {
    return { reason: 'keras', is: 'an HDF5 file, as Keras writes it', hint: exportFromTensorFlow };
  }
  if (text.startsWith('GGUF')) {
    return {
      reason: 'gguf',
      is: 'a GGUF language model of llama.cpp',
      hint: 'Millrace serves ONNX; GGUF runs in llama.cpp, Ollama or LM Studio.',
    };
  }
  if (text.slice(4, 8) === 'TFL3') {
    const hint = 'Ask for a conversion: `python -m tf2onnx.convert --tflite model.tflite --output model.onnx`.';
    return { reason: 'tflite', is: 'a TensorFlow Lite model', hint };
  }
  if (text.slice(4, 8) === 'ORTM') {
    const hint = 'Ask for the model.onnx that it was made from.';
    return { reason: 'ort-format', is: "a model in ONNX Runtime's own .ort format", hint };
  }
  if (isSafetensors(head, sizeBytes)) {
    return {
      reason: 'safetensors',
      is: 'a safetensors file: weights without the program that uses them',
      hint: 'Ask for an ONNX export: `optimum-cli export onnx --model <name> <folder>` for models of Hugging Face.',
    };
  }
  if (isPickle(head)) {
    const isSklearn = text.includes('sklearn');
    return isSklearn || /\.(?:pkl|pickle|joblib)$/i.test(fileName)
      ? {
          reason: 'pickle',
          is: `a Python pickle${isSklearn ? ' of scikit-learn' : ''}`,
          hint: 'Ask for an ONNX export: `skl2onnx.to_onnx(model, X[:1], options={"zipmap": False})`.',
        }
      : pyTorch;
  }
  if (/\.(?:pt|pth)$/i.test(fileName)) return pyTorch;
  return describeTensorFlow(text, fileName) ?? describeText(start, head);
}

/** Of a zip that holds no model for us: PyTorch and Keras keep their files as zips. */
export function describeZip(text: string): WrongFile | undefined {
  if (/data\.pkl|\/byteorder|constants\.pkl/.test(text)) return pyTorch;
  if (/model\.weights\.h5|keras_metadata|metadata\.json/.test(text) && text.includes('config.json')) {
    return {
      reason: 'keras',
      is: 'a Keras model',
      hint: 'Ask for an export: `model.export("model.onnx", format="onnx")` in Keras 3.',
    };
  }
  return { reason: 'zip', is: 'a zip archive', hint: 'Import the archive itself, or unpack it first.' };
}

/** By name, and by the operators that every TensorFlow graph begins with and no ONNX graph has. */
function describeTensorFlow(text: string, fileName: string): WrongFile | undefined {
  const hasOperators = /(?:Placeholder|VariableV2|VarHandleOp|NoOp|AssignVariableOp|saved_model|_output_shapes)/.test(
    text,
  );
  if (/saved_model\.pb$/i.test(fileName) || (hasOperators && text.startsWith('\b\u0001'))) {
    return { reason: 'tensorflow', is: "a TensorFlow SavedModel's saved_model.pb", hint: exportFromTensorFlow };
  }
  if (!/\.pb$/i.test(fileName) && !(hasOperators && text.startsWith('\n'))) return undefined;
  const hint =
    'Ask for a conversion: `python -m tf2onnx.convert --graphdef model.pb --inputs … --outputs … --output model.onnx`.';
  return { reason: 'tensorflow', is: 'a TensorFlow graph (.pb)', hint };
}

function describeText(start: string, head: Buffer): WrongFile | undefined {
  const isText = start.length > 16 && !/[^\t\n\r\x20-\x7E\x80-\xFF]/.test(head.toString('latin1'));
  if (!isText) return undefined;
  const isJson = /^[[{]/.test(start);
  const is = isJson ? 'a JSON document, perhaps the error of a download' : 'a text file';
  return { reason: isJson ? 'json' : 'text', is, hint: downloadAgain };
}

/** Eight bytes with the length of a JSON header, then the header. */
function isSafetensors(head: Buffer, sizeBytes: number): boolean {
  if (head.length < 10 || head[8] !== 0x7b) return false;
  const headerBytes = head.readBigUInt64LE(0);
  return headerBytes > 1n && headerBytes < BigInt(sizeBytes) && /^\{\s*(?:"|\})/.test(head.toString('latin1', 8, 40));
}

/** Protocols 2 to 5 begin with PROTO and their number, from 4 on followed by FRAME; the old torch.save begins with a long. */
function isPickle(head: Buffer): boolean {
  const [first, second, third] = head;
  if (first !== 0x80 || second === undefined || second < 2 || second > 5) return false;
  return second < 4 ? [0x8a, 0x63, 0x7d, 0x5d, 0x28].includes(third ?? 0) : third === 0x95;
}
