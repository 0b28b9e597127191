/** What the doctor says of each kind of trouble, and that it says nothing bad of an installation that is well. */
import { describe, expect, it } from 'vitest';
import type { DoctorFacts } from '../../server/doctor/doctor-facts.ts';
import { hostChecks, judge } from '../../server/doctor/host-checks.ts';
import { machineChecks } from '../../server/doctor/machine-checks.ts';
import type { Finding } from '../../server/protocol/admin/doctor-view.ts';
import { doctorFacts } from './facts.ts';

const checks = [...hostChecks, ...machineChecks];
const findings = (changes: Partial<DoctorFacts> = {}): Finding[] => judge(doctorFacts(changes), checks);
const one = (check: string, changes: Partial<DoctorFacts>): Finding => {
  const found = findings(changes).filter((finding) => finding.check === check);
  expect(found, check).toHaveLength(1);
  return found[0]!;
};

const healthy = doctorFacts();

describe('the doctor', () => {
  it('finds nothing wrong with an installation that is well', () => {
    expect(findings().filter(({ state }) => state !== 'good')).toEqual([]);
    expect(findings().length).toBeGreaterThanOrEqual(20);
  });

  it('has one name per check', () => {
    const names = findings().map(({ check }) => check);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each<[string, string, 'attention' | 'failed', Partial<DoctorFacts>, RegExp]>([
    ['no host', 'host', 'attention', { host: undefined }, /No Millrace runs for the data folder \/data/],
    ['no warden', 'host', 'attention', { host: { ...healthy.host!, hasWarden: false } }, /cleans up/],
    [
      'a port that another program took',
      'port-for-apps',
      'attention',
      { ports: [{ what: 'inference', wanted: 8000, used: 8001, isFree: false, holder: 'nginx (process 9)' }] },
      /has port 8001, because port 8000 was taken by nginx \(process 9\)/,
    ],
    [
      'a port that is taken before the start',
      'port-for-people',
      'attention',
      { host: undefined, ports: [{ what: 'admin', wanted: 8090, used: undefined, isFree: false, holder: undefined }] },
      /Port 8090 is taken by another program/,
    ],
    [
      'a folder that cannot be written',
      'data-folder',
      'failed',
      { data: { ...healthy.data, fault: 'the disk is full' } },
      /the disk is full/,
    ],
    [
      'a folder elsewhere',
      'data-folder',
      'attention',
      { data: { ...healthy.data, networkFileSystem: 'nfs' } },
      /on another machine \(nfs\)/,
    ],
    [
      'files that others may read',
      'permissions',
      'attention',
      { data: { ...healthy.data, openToOthers: ['run.json'] } },
      /may read run\.json/,
    ],
    [
      'a damaged database',
      'databases',
      'failed',
      { databases: [{ name: 'history.db', fault: 'is damaged: x' }] },
      /history\.db: is damaged: x/,
    ],
    [
      'a changed model',
      'model-files',
      'failed',
      { models: { ...healthy.models, faults: [{ name: 'iris', version: '2', fault: 'has lost its model.onnx' }] } },
      /version 2 of iris has lost its model\.onnx/,
    ],
    [
      'a model that was given up',
      'models',
      'failed',
      { host: { ...healthy.host!, models: [{ name: 'iris', state: 'UNAVAILABLE', reason: 'It ended.' }] } },
      /iris: It ended\./,
    ],
    [
      'copies that die again and again',
      'copies',
      'failed',
      { history: { ...healthy.history, deaths: [{ model: 'iris', count: 4, last: 'SIGKILL' }] } },
      /4 of iris \(SIGKILL\)/,
    ],
    [
      'a crash',
      'crashes',
      'attention',
      { history: { ...healthy.history, crashes: ['2026-11-23T12:00:00Z'] } },
      /1 time without/,
    ],
    ['no interface', 'interface', 'failed', { isGuiBuilt: false }, /not been built/],
    [
      'a runtime that does not load',
      'runtime',
      'failed',
      { devices: { ...healthy.devices, fault: 'blocked.' } },
      /blocked\./,
    ],
    [
      'a runtime that is wrong',
      'runtime',
      'failed',
      { devices: { ...healthy.devices, usable: [] } },
      /not give the right answers/,
    ],
    [
      'a graphics processor that does not work',
      'graphics',
      'attention',
      { devices: { ...healthy.devices, graphics: ['RTX 9'], failed: [{ name: 'cuda', reason: 'No driver.' }] } },
      /RTX 9 is there, .* cuda: No driver\./,
    ],
    ['an old Node', 'node', 'failed', { nodeVersion: 'v22.1.0' }, /22\.1\.0 .* too old/],
    ['no AVX2', 'processor', 'attention', { devices: { ...healthy.devices, hasAvx2: false } }, /no AVX2/],
    ['a busy processor', 'load', 'attention', { loadPercent: 97 }, /97 % busy/],
    ['an overloaded processor', 'load', 'attention', { loadPercent: 420 }, /4\.2 times what it can do/],
    [
      'little memory',
      'memory',
      'attention',
      { memory: { ...healthy.memory, availableBytes: 100e6 } },
      /^100 MB of 16 GB/,
    ],
    ['little disk', 'disk-space', 'attention', { disk: { freeBytes: 4.9e9, totalBytes: 1e11 } }, /4\.9 GB of 100 GB/],
    ['no disk', 'disk-space', 'failed', { disk: { freeBytes: 4e8, totalBytes: 1e11 } }, /400 MB/],
    [
      'no temporary folder',
      'temporary-folder',
      'failed',
      { temporary: { path: '/tmp', fault: 'the disk is read-only' } },
      /read-only/,
    ],
    [
      'a clock that went back',
      'clock',
      'attention',
      { history: { ...healthy.history, newestEventMs: healthy.nowMs + 61_000 } },
      /it was set back/,
    ],
    ['few open files', 'open-files', 'attention', { maxOpenFiles: 1024 }, /1,024 files/],
    ['a proxy', 'proxy', 'attention', { proxyVariables: ['HTTP_PROXY'] }, /^HTTP_PROXY send/],
  ])('says what helps with %s', (_, check, state, changes, sentence) => {
    const finding = one(check, changes);
    expect(finding).toMatchObject({
      state,
      sentence: expect.stringMatching(sentence),
      fix: expect.stringMatching(/\.$/),
    });
  });

  it('takes a clock that differs by a minute for right', () => {
    const newestEventMs = healthy.nowMs + 60_000;
    expect(one('clock', { history: { ...healthy.history, newestEventMs } }).state).toBe('good');
  });

  it('puts first what failed, then what needs a look', () => {
    const states = findings({ isGuiBuilt: false, loadPercent: 99, disk: undefined }).map(({ state }) => state);
    expect(states.slice(0, 3)).toEqual(['failed', 'attention', 'unknown']);
    expect(new Set(states.slice(3))).toEqual(new Set(['good']));
  });
});
