/**
 * Entry of a child that answers one question about devices and ends: what the runtime has, or how a model does on a device
 * (cluster/device-child.ts asks). Like a replica it talks over the socket it inherits as descriptor 3.
 */
import { Socket } from 'node:net';
import { asMillraceError } from '../base/errors.ts';
import { toErrorBody } from '../protocol/control.ts';
import type { DeviceAnswer, DeviceCommand } from '../protocol/device.ts';
import { FrameChannel } from '../protocol/frame-channel.ts';
import { frameTypes } from '../protocol/frames.ts';
import { tryDevice } from './device-trial.ts';

process.title = 'millrace device trial';

const channel = new FrameChannel(new Socket({ fd: 3, readable: true, writable: true }), {
  onFrame(frame) {
    if (frame.type === frameTypes.load) void answer(JSON.parse(frame.body.toString()) as DeviceCommand);
  },
  onClose() {
    process.exit(0);
  },
});

async function answer(command: DeviceCommand): Promise<void> {
  try {
    channel.sendJson(frameTypes.loaded, 0, await answerOf(command));
  } catch (error) {
    const known = asMillraceError(error);
    if (known.code === 'internal') console.error(error);
    channel.sendJson(frameTypes.loadFailed, 0, toErrorBody(known));
  }
  channel.end();
}

async function answerOf(command: DeviceCommand): Promise<DeviceAnswer> {
  const { openSession, runtimeFacts } = await import('./session.ts');
  const facts = runtimeFacts();
  if (command.task === 'list') return { facts };
  const { modelPath, threads, device, cases } = command;
  // The runtime passes over a provider that it has not, and the CPU would be taken for it.
  if (!facts.backends.some(({ name }) => name === device.provider)) {
    const reason = `This ONNX Runtime has no ${device.provider} on this system.`;
    return { trial: { device, isRight: false, reason } };
  }
  const open = (on: typeof device) => openSession({ modelPath, intraOpThreads: threads, spinning: false, device: on });
  return { trial: await tryDevice(open, device, cases) };
}
