/** What the doctor says of the machine: runtime, memory, disk, clock, limits. Pure. */
import type { Finding } from '../protocol/admin/doctor-view.ts';
import type { DoctorFacts } from './doctor-facts.ts';
import { bytesText, timeText } from './words.ts';

export type Check = (facts: DoctorFacts) => Finding;

/** Models are copied before they are served, so room for one more of the usual size must be there. */
const littleDiskBytes = 5e9;
const noDiskBytes = 500e6;
/** A copy of a small model takes about 100 MB. */
const littleMemoryBytes = 500e6;
const requiredNode = 26;
const fewOpenFiles = 4096;
const busyPercent = 90;
/** Clocks of two machines differ by a minute now and then; the host's own may not go back by more. */
const clockSlackMs = 60_000;

const node: Check = ({ nodeVersion, platform, arch }) => {
  const major = Number(/^v?(\d+)/.exec(nodeVersion)?.[1]);
  const here = `Node ${nodeVersion.replace(/^v/, '')} on ${platform} ${arch}`;
  return major >= requiredNode
    ? { check: 'node', state: 'good', sentence: `${here} runs Millrace.` }
    : {
        check: 'node',
        state: 'failed',
        sentence: `${here} is too old: Millrace needs Node ${requiredNode}.`,
        fix: 'Start Millrace with `npm start` or its own program, which bring the right Node along.',
      };
};

const processor: Check = ({ devices: { hasAvx2 }, cores }) => {
  const many = `${cores} ${cores === 1 ? 'core' : 'cores'}`;
  if (hasAvx2 === undefined) {
    return { check: 'processor', state: 'unknown', sentence: `The processor has ${many}; its features are not known.` };
  }
  return hasAvx2
    ? { check: 'processor', state: 'good', sentence: `The processor has ${many} and AVX2.` }
    : {
        check: 'processor',
        state: 'attention',
        sentence: `The processor has ${many} and no AVX2, so models answer several times slower than they could.`,
        fix: 'Use another computer for large models. In a virtual machine, pass the features of the host processor on.',
      };
};

const load: Check = ({ loadPercent, host }) => {
  if (loadPercent === undefined) {
    return { check: 'load', state: 'unknown', sentence: 'This system does not say how busy it was.' };
  }
  const sentence =
    loadPercent <= 100
      ? `The processor was ${Math.round(loadPercent)} % busy over the last minute.`
      : `Over the last minute the processor was asked for ${(loadPercent / 100).toFixed(1)} times what it can do.`;
  if (loadPercent < busyPercent) return { check: 'load', state: 'good', sentence };
  return {
    check: 'load',
    state: 'attention',
    sentence,
    fix:
      host === undefined
        ? 'Another program uses it: close it, or models will answer slowly.'
        : 'Look at Monitor whether it is the models; else close the program that uses it.',
  };
};

const memory: Check = ({ memory: { totalBytes, availableBytes, budgetBytes, usedBytes } }) => {
  const budget =
    usedBytes === undefined
      ? `copies may take ${bytesText(budgetBytes)}`
      : `copies take ${bytesText(usedBytes)} of the ${bytesText(budgetBytes)} that they may`;
  const sentence = `${bytesText(availableBytes)} of ${bytesText(totalBytes)} of memory are available; ${budget}.`;
  if (availableBytes >= littleMemoryBytes) return { check: 'memory', state: 'good', sentence };
  return {
    check: 'memory',
    state: 'attention',
    sentence,
    fix: 'Close other programs, unload models that are not used, or order fewer copies.',
  };
};

const disk: Check = ({ disk: space, data }) => {
  if (space === undefined) {
    return { check: 'disk-space', state: 'unknown', sentence: `The free space for ${data.path} is not known.` };
  }
  const sentence = `${bytesText(space.freeBytes)} of ${bytesText(space.totalBytes)} are free where the data folder is.`;
  if (space.freeBytes >= littleDiskBytes) return { check: 'disk-space', state: 'good', sentence };
  return {
    check: 'disk-space',
    state: space.freeBytes < noDiskBytes ? 'failed' : 'attention',
    sentence,
    fix: 'Remove old versions of models and saved answers, or move the data folder to a larger disk (--data).',
    command: 'millrace cache clear',
  };
};

const temporary: Check = ({ temporary: { path, fault } }) =>
  fault === undefined
    ? { check: 'temporary-folder', state: 'good', sentence: `Files can be written to ${path}.` }
    : {
        check: 'temporary-folder',
        state: 'failed',
        sentence: `Nothing can be written to ${path}: ${fault}.`,
        fix: 'Copies work in a folder there: free some space, or let this user write there (TMPDIR names another).',
      };

const clock: Check = ({ nowMs, history: { newestEventMs } }) => {
  if (newestEventMs === undefined || newestEventMs <= nowMs + clockSlackMs) {
    return { check: 'clock', state: 'good', sentence: `The clock says ${timeText(nowMs)}.` };
  }
  return {
    check: 'clock',
    state: 'attention',
    sentence: `The clock says ${timeText(nowMs)}, and the last event was at ${timeText(newestEventMs)}: it was set back.`,
    fix: 'Set it by a time server; S3 refuses requests whose time is wrong, and charts have gaps.',
  };
};

const openFiles: Check = ({ maxOpenFiles }) => {
  if (maxOpenFiles === undefined) {
    return { check: 'open-files', state: 'good', sentence: 'This system does not limit open connections.' };
  }
  const sentence = `One process may have ${maxOpenFiles.toLocaleString('en-US')} files and connections open.`;
  if (maxOpenFiles >= fewOpenFiles) return { check: 'open-files', state: 'good', sentence };
  return {
    check: 'open-files',
    state: 'attention',
    sentence,
    fix: `Raise the limit to ${fewOpenFiles} or more, else many apps at once are refused.`,
    command: `ulimit -n ${fewOpenFiles}`,
  };
};

const proxies: Check = ({ proxyVariables }) =>
  proxyVariables.length === 0
    ? { check: 'proxy', state: 'good', sentence: 'No proxy stands between programs here and Millrace.' }
    : {
        check: 'proxy',
        state: 'attention',
        sentence: `${proxyVariables.join(' and ')} send requests of programs to a proxy, also those to this computer.`,
        fix: 'Add 127.0.0.1 and localhost to NO_PROXY, else apps on this computer may not reach Millrace.',
      };

export const machineChecks: readonly Check[] = [
  node,
  processor,
  load,
  memory,
  disk,
  temporary,
  clock,
  openFiles,
  proxies,
];
