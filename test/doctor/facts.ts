/** A healthy installation for tests of the doctor; a test changes what it is about. */
import type { DoctorFacts } from '../../server/doctor/doctor-facts.ts';

export function doctorFacts(changes: Partial<DoctorFacts> = {}): DoctorFacts {
  return {
    nowMs: Date.parse('2026-11-24T12:00:00Z'),
    platform: 'linux',
    arch: 'x64',
    nodeVersion: 'v26.10.0',
    host: {
      pid: 7,
      version: '0.1.0',
      upSeconds: 600,
      inferenceUrl: 'http://127.0.0.1:8000',
      hasWarden: true,
      models: [{ name: 'iris', state: 'READY', reason: '' }],
      problems: [],
    },
    ports: [
      { what: 'inference', wanted: 8000, used: 8000, isFree: undefined, holder: undefined },
      { what: 'admin', wanted: 8090, used: 8090, isFree: undefined, holder: undefined },
    ],
    data: { path: '/data', exists: true, fault: undefined, openToOthers: [], networkFileSystem: undefined },
    temporary: { path: '/tmp', fault: undefined },
    disk: { freeBytes: 50e9, totalBytes: 100e9 },
    memory: { totalBytes: 16e9, availableBytes: 8e9, budgetBytes: 9e9, usedBytes: 1e9 },
    cores: 4,
    loadPercent: 20,
    maxOpenFiles: 65_536,
    databases: [{ name: 'events.db', fault: undefined }],
    models: { versions: 1, checkedBytes: 1e6, isPartly: false, faults: [] },
    devices: {
      fault: undefined,
      runtimeVersion: '1.30.0',
      usable: ['cpu'],
      graphics: [],
      failed: [],
      hasAvx2: true,
    },
    history: { deaths: [], crashes: [], newestEventMs: undefined },
    isGuiBuilt: true,
    proxyVariables: [],
    ...changes,
  };
}
