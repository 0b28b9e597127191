/** `millrace devices` and `millrace gpu install`: what this machine can run models on, as a person reads it. */
import { createInterface } from 'node:readline/promises';
import { installCuda, planCuda } from '../cluster/cuda-files.ts';
import { DeviceBook } from '../cluster/device-book.ts';
import { MillraceError } from '../base/errors.ts';
import { deviceReport } from '../host/device-report.ts';
import { askGraphics } from '../metrics/system-information.ts';
import { sizeText } from '../models/model-refusal.ts';
import type { DevicesView } from '../protocol/admin/devices-view.ts';
import { LiveLine } from './live-line.ts';
import { table } from './output.ts';

export interface DevicesFlags {
  readonly data: string;
  readonly fresh?: boolean;
  readonly json?: boolean;
}

/** Without limits of a host: a report looks at everything. */
const allMemory = 100;

export async function devicesCommand({ data, fresh = false, json = false }: DevicesFlags): Promise<void> {
  const line = new LiveLine();
  const book = new DeviceBook({ dataDirectory: data, graphicsMemoryPercent: allMemory, askGraphics });
  const view = await deviceReport(book, {
    fresh,
    onDevice: (name, done, total) => line.show(`Trying ${name}, ${done + 1} of ${total} …`),
  });
  line.end();
  console.log(json ? JSON.stringify(view, undefined, 2) : devicesText(view));
}

export function devicesText({ machine, graphics, runtimeVersion, devices, isNew, probedAt }: DevicesView): string {
  const { processor, logicalCores, physicalCores, totalBytes, availableBytes } = machine;
  const cores =
    physicalCores === undefined ? `${logicalCores} cores` : `${physicalCores} cores, ${logicalCores} threads`;
  const cards = graphics.map(({ index, name, driverVersion, memoryTotalBytes }) =>
    [
      `gpu:${index}`,
      name,
      memoryTotalBytes === undefined ? 'memory not known' : sizeText(memoryTotalBytes),
      driverVersion === undefined ? '' : `driver ${driverVersion}`,
    ].join('  '),
  );
  const rows = devices.map(({ name, isUsable, reason, isBundled, rowsPerSecond, batchRowsPerSecond, firstRunMs }) => [
    name,
    isUsable ? 'yes' : 'no',
    figure(rowsPerSecond),
    figure(batchRowsPerSecond),
    firstRunMs === undefined ? '' : `${firstRunMs.toFixed(0)} ms`,
    isUsable ? '' : `${reason}${isBundled ? '' : ' Its files are not part of this installation.'}`,
  ]);
  return [
    `${processor === '' ? 'Processor' : processor}: ${cores}; ${sizeText(totalBytes)} of memory, ${sizeText(availableBytes)} available`,
    ...(cards.length === 0 ? ['No graphics processor is known to the system.'] : cards),
    '',
    `ONNX Runtime ${runtimeVersion}, tried with a small model whose answers are known${isNew ? '' : ` on ${probedAt.slice(0, 16).replace('T', ' ')} (--fresh tries again)`}:`,
    table(['DEVICE', 'USABLE', 'ROWS/S', 'ROWS/S OF 16', 'FIRST RUN', 'WHY NOT'], rows),
    '',
    'A small model is fastest on the CPU nearly always. Which device suits a model is measured with that model where its',
    'millrace.json says "device": "auto".',
  ].join('\n');
}

function figure(value: number | undefined): string {
  return value === undefined ? '' : Math.round(value).toLocaleString('en-US');
}

export interface InstallFlags extends DevicesFlags {
  readonly yes?: boolean;
}

/** The only thing that can be installed is `cuda`; commander has checked it. */
export async function gpuInstallCommand({ data, yes = false }: InstallFlags): Promise<void> {
  const { isInstalled, sizeBytes, host } = await planCuda();
  if (isInstalled) console.log('The CUDA files are there.');
  else {
    const size = sizeBytes === undefined ? 'some hundred megabytes' : sizeText(sizeBytes);
    console.error(`ONNX Runtime's installer fetches ${size} from ${host} and unpacks them into the program folder.`);
    if (!yes) await confirm();
    await installCuda((line) => console.error(`  ${line}`));
    console.log('The CUDA files are installed. CUDA 12 and cuDNN 9 must be installed as well.');
  }
  await devicesCommand({ data, fresh: true });
}

async function confirm(): Promise<void> {
  if (!process.stdin.isTTY) {
    throw new MillraceError('invalid-config', 'Fetching needs a yes, and nobody is here to give it.', {
      hint: 'Add --yes.',
    });
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question('Fetch them? [y/N] ');
  terminal.close();
  if (!/^y(?:es)?$/i.test(answer.trim())) throw new MillraceError('invalid-config', 'Nothing was fetched.');
}
