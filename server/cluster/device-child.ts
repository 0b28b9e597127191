/**
 * Asks one question about devices in a child that is thrown away: a provider without its library throws, a driver that fails ends
 * the process, one that hangs never returns. All of that is an answer here.
 */
import { fileURLToPath } from 'node:url';
import { MillraceError } from '../base/errors.ts';
import { fromErrorBody } from '../protocol/control.ts';
import type { ErrorBody } from '../protocol/control.ts';
import type { DeviceAnswer, DeviceCommand, DeviceTrial, RuntimeFacts } from '../protocol/device.ts';
import { FrameChannel } from '../protocol/frame-channel.ts';
import { frameTypes } from '../protocol/frames.ts';
import { EmptyDirectory, spawnReplica } from './spawn.ts';

const entry = fileURLToPath(new URL('../replica/device-main.ts', import.meta.url));
const listLimitMs = 60_000;
/** WebGPU compiles its shaders on the first run, TensorRT builds an engine. */
export const tryLimitMs = 120_000;
const stderrCharacters = 2000;

export interface ChildLimits {
  readonly limitMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** The program; tests put one here that hangs or dies. */
  readonly program?: string;
}

/** Throws `model-load-failed` where the runtime itself does not start. */
export async function listRuntime(limits: ChildLimits = {}): Promise<RuntimeFacts> {
  const outcome = await ask({ task: 'list' }, { limitMs: listLimitMs, ...limits });
  if (typeof outcome === 'object' && 'facts' in outcome) return outcome.facts;
  throw new MillraceError('model-load-failed', `ONNX Runtime cannot be asked what it has: ${String(outcome)}`, {
    hint: 'Install the packages again.',
  });
}

/** Never throws but for an abort: what goes wrong is why the device must not be used. */
export async function tryInChild(
  command: Extract<DeviceCommand, { task: 'try' }>,
  limits: ChildLimits = {},
): Promise<DeviceTrial> {
  const outcome = await ask(command, { limitMs: tryLimitMs, ...limits });
  if (typeof outcome === 'object' && 'trial' in outcome) return outcome.trial;
  return { device: command.device, isRight: false, reason: String(outcome) };
}

/** The answer, or the sentence that says why there is none. */
async function ask(
  command: DeviceCommand,
  { limitMs = tryLimitMs, signal, program = entry }: ChildLimits,
): Promise<DeviceAnswer | string> {
  signal?.throwIfAborted();
  const folder = new EmptyDirectory();
  try {
    const { child, socket, stderr } = spawnReplica(program, folder.path);
    let answer: DeviceAnswer | undefined;
    let failure: string | undefined;
    let text = '';
    let isLate = false;
    stderr.setEncoding('utf8').on('data', (chunk: string) => (text = (text + chunk).slice(-stderrCharacters)));
    const onAbort = (): void => void child.kill('SIGKILL');
    const timer = setTimeout(() => {
      isLate = true;
      child.kill('SIGKILL');
    }, limitMs);
    signal?.addEventListener('abort', onAbort);
    try {
      const ended = new Promise<string>((resolve) => {
        child.on('close', (code, killedBy) => resolve(killedBy ?? `exit code ${code}`));
      });
      const channel = new FrameChannel(socket, {
        onFrame(frame) {
          const body: unknown = JSON.parse(frame.body.toString());
          if (frame.type === frameTypes.loaded) answer = body as DeviceAnswer;
          else if (frame.type === frameTypes.loadFailed) failure = fromErrorBody(body as ErrorBody).message;
        },
        onClose() {},
      });
      channel.sendJson(frameTypes.load, 0, command);
      const end = await ended;
      signal?.throwIfAborted();
      if (answer !== undefined) return answer;
      if (failure !== undefined) return failure;
      if (isLate) return `It did not answer within ${Math.round(limitMs / 1000)} s.`;
      const last = text.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
      return `It ended the process that tried it (${end})${last === '' ? '' : `: ${last}`}.`;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      child.kill('SIGKILL');
    }
  } finally {
    folder.remove();
  }
}
