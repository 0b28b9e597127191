import { describe, expect, it } from 'vitest';
import type { ImportReportView, StoredVersionView } from '../../../../server/protocol/admin/import-report.ts';
import { importOutcome } from '../../../../renderer/places/models/import-result.ts';
import { jobView } from '../../views.ts';

const stored: StoredVersionView = {
  state: 'imported',
  name: 'defects',
  version: '2',
  digest: 'abc',
  importedAt: '2026-01-01T00:00:00.000Z',
  origin: { source: 'defects.onnx', path: '', sha256: 'abc', changes: [], carried: [] },
  files: {},
  model: {
    irVersion: 9,
    producer: 'pytorch',
    opsets: { 'ai.onnx': 17 },
    nodes: 120,
    operators: [],
    initializers: 3,
    initializerBytes: 98_000_000,
    externalFiles: [],
  },
  trial: {
    signature: { inputs: [], outputs: [] },
    batching: '',
    maxBatchSize: 8,
    loadMs: 312,
    rssBytes: 210_000_000,
    peakRssBytes: 220_000_000,
    samples: { rows: 4, worstError: 0 },
  },
  notes: ['A note.'],
  changes: [{ text: 'Output y became wider.', breaking: true }],
};

function outcome(report: Partial<ImportReportView>) {
  const result = { versions: [], passedOver: [], restartNeeded: false, ...report };
  return importOutcome(jobView({ state: 'done', result }));
}

describe('the outcome of an import', () => {
  it('is unknown while the job runs', () => {
    expect(importOutcome(jobView())).toBeUndefined();
    expect(importOutcome(undefined)).toBeUndefined();
  });

  it('says what was checked, with what was measured', () => {
    const version = outcome({ versions: [stored] })!.versions[0]!;
    const checks = 'checks' in version ? version.checks.join('\n').replaceAll('\u{202F}', ' ') : '';
    for (const part of ['opset 17', 'pytorch', '120 nodes', '98 MB', '312 ms', '210 MB', '4 saved examples']) {
      expect(checks).toContain(part);
    }
  });

  it('passes on why a version was refused', () => {
    const refused = { state: 'refused' as const, name: 'x', code: 'model-load-failed', error: 'No.', hint: 'Do.' };
    expect(outcome({ versions: [refused] })!.versions).toEqual([refused]);
  });

  it('is not live where the host has to be restarted', () => {
    expect(outcome({ versions: [stored], restartNeeded: true })!.isLive).toBe(false);
    expect(outcome({ versions: [stored] })!.isLive).toBe(true);
  });
});
