import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readListing } from '../../server/sources/source-listing.ts';
import type { Listing } from '../../server/sources/source-listing.ts';
import { manifestText, parseManifestText } from '../../server/sources/source-manifest.ts';
import type { ManifestReading } from '../../server/sources/source-manifest.ts';
import { chooseVersions, planSync } from '../../server/sources/sync-plan.ts';
import type { KnownVersion, PlanOptions, StoredFacts, SyncFacts, SyncPolicy } from '../../server/sources/sync-plan.ts';

const sha = (letter: string): string => letter.repeat(64);
const nowMs = 100_000;
const options: PlanOptions = { nowMs, settleMs: 5000, retryRefused: false };
const all: SyncPolicy = { models: ['*'], versions: 'all' };

function listing(...keys: (string | readonly [string, number])[]): Listing {
  return readListing(
    keys.map((key) =>
      typeof key === 'string' ? { key, sizeBytes: 1, etag: 'e' } : { key: key[0], sizeBytes: key[1], etag: 'e' },
    ),
  );
}

interface Facts {
  readonly known?: Partial<KnownVersion>;
  readonly stored?: StoredFacts;
  readonly manifest?: ManifestReading;
  readonly seenMs?: number;
}

function facts(by: Readonly<Record<string, Facts>> = {}): SyncFacts {
  const of = (model: string, version: string): Facts => by[`${model}/${version}`] ?? {};
  return {
    known(model, version) {
      const { known } = of(model, version);
      return known && { fingerprint: '', outcome: 'imported', sentence: '', hint: undefined, retryAtMs: 0, ...known };
    },
    stored: (model, version) => of(model, version).stored,
    manifest: (model, version) => of(model, version).manifest,
    seenSinceMs: (model, version) => of(model, version).seenMs,
  };
}

const manifestOf = (
  version: string,
  files: Readonly<Record<string, { sizeBytes: number; sha256: string }>>,
): ManifestReading => parseManifestText(manifestText({ format: 1, name: 'iris', version, files }), 'iris', version);
const fingerprintOf = (from: Listing): string => from.models[0]!.versions[0]!.fingerprint;
const oneModel = listing('iris/1/model.onnx');
const withManifest = listing('iris/1/model.onnx', 'iris/1/millrace-manifest.json');
const stored: StoredFacts = { modelSha256: sha('a'), files: { 'model.onnx': { sizeBytes: 1, sha256: sha('a') } } };

describe('the versions that are wanted', () => {
  const many = listing('a/1/model.onnx', 'a/2/model.onnx', 'a/10/model.onnx', 'b/1/model.onnx');
  const chosen = (policy: Partial<SyncPolicy>): string[] =>
    chooseVersions(many, { ...all, ...policy }).map(({ model, version }) => `${model}/${version}`);

  it('are the highest so many of each model, by number', () => {
    expect(chosen({ versions: 1 })).toEqual(['a/10', 'b/1']);
    expect(chosen({ versions: 2 })).toEqual(['a/2', 'a/10', 'b/1']);
    expect(chosen({})).toEqual(['a/1', 'a/2', 'a/10', 'b/1']);
  });

  it('are of the models that were named', () => {
    expect(chosen({ models: ['b*'] })).toEqual(['b/1']);
    expect(chosen({ models: ['c'] })).toEqual([]);
  });
});

describe('a version with a manifest', () => {
  const manifest = manifestOf('1', { 'model.onnx': { sizeBytes: 1, sha256: sha('a') } });

  it('is fetched at once, with the SHA-256 of each file', () => {
    const plan = planSync(withManifest, all, facts({ 'iris/1': { manifest } }), options);
    expect(plan.downloads).toMatchObject([{ model: 'iris', version: '1', sizeBytes: 1, reason: 'It is new.' }]);
    expect(plan.downloads[0]!.files).toMatchObject([{ path: '1/model.onnx', sha256: sha('a') }]);
  });

  it('brings only the files that the manifest names', () => {
    const more = listing('iris/1/model.onnx', 'iris/1/millrace-manifest.json', 'iris/1/notes.md', 'iris/labels.txt');
    expect(planSync(more, all, facts({ 'iris/1': { manifest } }), options).downloads[0]!.files).toHaveLength(1);
  });

  it('is unchanged where the store has the same contents, whatever is remembered', () => {
    const plan = planSync(withManifest, all, facts({ 'iris/1': { manifest, stored } }), options);
    expect(plan).toMatchObject({ downloads: [], unchanged: [{ version: '1' }], refused: [] });
  });

  it('is unchanged where the import took something out of the model file', () => {
    const rewritten = { modelSha256: sha('a'), files: { 'model.onnx': { sizeBytes: 1, sha256: sha('b') } } };
    expect(
      planSync(withManifest, all, facts({ 'iris/1': { manifest, stored: rewritten } }), options).unchanged,
    ).toHaveLength(1);
    // And where what was pushed is what had been rewritten.
    const pushed = { modelSha256: sha('c'), files: { 'model.onnx': { sizeBytes: 1, sha256: sha('a') } } };
    expect(
      planSync(withManifest, all, facts({ 'iris/1': { manifest, stored: pushed } }), options).unchanged,
    ).toHaveLength(1);
  });

  it('is refused where the store has other contents under its number', () => {
    const other = { modelSha256: sha('b'), files: { 'model.onnx': { sizeBytes: 1, sha256: sha('b') } } };
    const plan = planSync(withManifest, all, facts({ 'iris/1': { manifest, stored: other } }), options);
    expect(plan.refused).toMatchObject([
      { reason: expect.stringContaining('a version never changes'), hint: expect.any(String) },
    ]);
    const labels = manifestOf('1', {
      'model.onnx': { sizeBytes: 1, sha256: sha('a') },
      'labels.txt': { sizeBytes: 1, sha256: sha('d') },
    });
    const withLabels = listing('iris/1/model.onnx', 'iris/1/labels.txt', 'iris/1/millrace-manifest.json');
    const storedLabels = { ...stored, files: { ...stored.files, 'labels.txt': { sizeBytes: 1, sha256: sha('e') } } };
    expect(
      planSync(withLabels, all, facts({ 'iris/1': { manifest: labels, stored: storedLabels } }), options).refused[0]!
        .reason,
    ).toContain('labels.txt');
  });

  it('is refused where a file is missing or has another size than the manifest says', () => {
    const two = manifestOf('1', {
      'model.onnx': { sizeBytes: 1, sha256: sha('a') },
      'w.bin': { sizeBytes: 9, sha256: sha('b') },
    });
    expect(planSync(withManifest, all, facts({ 'iris/1': { manifest: two } }), options).refused[0]!.reason).toBe(
      'Its manifest lists w.bin, which is not there.',
    );
    const short = listing('iris/1/model.onnx', ['iris/1/w.bin', 8], 'iris/1/millrace-manifest.json');
    expect(planSync(short, all, facts({ 'iris/1': { manifest: two } }), options).refused[0]!.reason).toBe(
      'Its manifest gives w.bin 9 bytes, and it has 8.',
    );
  });

  it('is refused where the manifest has a fault, or is too large to be read', () => {
    expect(
      planSync(withManifest, all, facts({ 'iris/1': { manifest: { fault: 'is no JSON' } } }), options).refused[0]!
        .reason,
    ).toContain('is no JSON');
    const huge = listing('iris/1/model.onnx', ['iris/1/millrace-manifest.json', 1e9]);
    expect(planSync(huge, all, facts({ 'iris/1': { seenMs: 0 } }), options).refused[0]!.reason).toContain(
      '1000000000 bytes',
    );
  });
});

describe('a version without a manifest', () => {
  it('waits until it was seen twice without a change', () => {
    expect(planSync(oneModel, all, facts(), options).waiting).toMatchObject([{ settles: true }]);
    expect(planSync(oneModel, all, facts({ 'iris/1': { seenMs: nowMs - 4999 } }), options).waiting).toHaveLength(1);
    expect(planSync(oneModel, all, facts({ 'iris/1': { seenMs: nowMs - 5000 } }), options).downloads).toHaveLength(1);
  });

  it('waits for its model file however long it stays the same', () => {
    const plan = planSync(listing('iris/1/weights.bin'), all, facts({ 'iris/1': { seenMs: 0 } }), options);
    expect(plan.waiting).toMatchObject([{ settles: false, reason: 'It has no model.onnx yet.' }]);
  });

  it('brings what lies beside it, and the four files of the model’s own level', () => {
    const more = listing(
      'iris/1/model.onnx',
      'iris/1/w/a.bin',
      'iris/labels.txt',
      'iris/config.pbtxt',
      'iris/README.md',
    );
    const [download] = planSync(more, all, facts({ 'iris/1': { seenMs: 0 } }), options).downloads;
    expect(download!.files.map(({ path }) => path).sort()).toEqual([
      '1/model.onnx',
      '1/w/a.bin',
      'config.pbtxt',
      'labels.txt',
    ]);
  });

  it('is fetched to be compared where only the store knows it', () => {
    const [download] = planSync(oneModel, all, facts({ 'iris/1': { seenMs: 0, stored } }), options).downloads;
    expect(download!.reason).toContain('to compare');
  });
});

describe('a version that was dealt with before', () => {
  const fingerprint = fingerprintOf(oneModel);

  it('is unchanged as long as its listing is the same and the store has it', () => {
    const known = { fingerprint, outcome: 'imported' } as const;
    expect(planSync(oneModel, all, facts({ 'iris/1': { known, stored, seenMs: 0 } }), options).unchanged).toHaveLength(
      1,
    );
    expect(planSync(oneModel, all, facts({ 'iris/1': { known, seenMs: 0 } }), options).downloads[0]!.reason).toBe(
      'It is no longer in the store.',
    );
    const changed = { known: { ...known, fingerprint: 'other' }, stored, seenMs: 0 };
    expect(planSync(oneModel, all, facts({ 'iris/1': changed }), options).downloads).toHaveLength(1);
  });

  it('stays refused, with its sentence, until its time comes, it changes, or a person insists', () => {
    const known = { fingerprint, outcome: 'refused', sentence: 'No.', hint: 'Hm.', retryAtMs: nowMs + 1 } as const;
    const plan = (over: Partial<KnownVersion>, more: Partial<PlanOptions> = {}) =>
      planSync(oneModel, all, facts({ 'iris/1': { known: { ...known, ...over }, seenMs: 0 } }), {
        ...options,
        ...more,
      });
    expect(plan({}).refused).toMatchObject([{ reason: 'No.', hint: 'Hm.' }]);
    expect(plan({ retryAtMs: nowMs }).downloads).toHaveLength(1);
    expect(plan({ fingerprint: 'other' }).downloads[0]!.reason).toBe('It was refused and has changed since.');
    expect(plan({}, { retryRefused: true }).downloads[0]!.reason).toBe('It was refused before and is tried again.');
  });
});

describe('a plan', () => {
  it('refuses more files and bytes than a version may have', () => {
    const many = listing('iris/1/model.onnx', ...Array.from({ length: 1000 }, (_, index) => `iris/1/f${index}`));
    expect(planSync(many, all, facts({ 'iris/1': { seenMs: 0 } }), options).refused[0]!.reason).toContain('1001 files');
    const large = listing('iris/1/model.onnx', ['iris/1/w.bin', 33e9]);
    expect(planSync(large, all, facts({ 'iris/1': { seenMs: 0 } }), options).refused[0]!.reason).toContain('33.0 GB');
  });

  it('puts each wanted version in exactly one place', () => {
    const name = fc.constantFrom('a', 'b', 'iris');
    const key = fc.oneof(
      fc
        .tuple(name, fc.constantFrom('1', '2', '10'), fc.constantFrom('model.onnx', 'w.bin', 'millrace-manifest.json'))
        .map((parts) => parts.join('/')),
      fc.constantFrom('a/labels.txt', '../x', 'b/1/'),
    );
    const state = fc.record({
      seenMs: fc.option(fc.integer({ min: 0, max: nowMs }), { nil: undefined }),
      outcome: fc.constantFrom('imported' as const, 'refused' as const, undefined),
      isSame: fc.boolean(),
      isStored: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(key),
        fc.constantFrom<number | 'all'>(1, 2, 'all'),
        state,
        (keys, versions, { seenMs, outcome, isSame, isStored }) => {
          const from = listing(...keys);
          const policy = { models: ['*'], versions };
          const by: Record<string, Facts> = {};
          for (const { model, version, fingerprint } of chooseVersions(from, all)) {
            by[`${model}/${version}`] = {
              ...(seenMs !== undefined && { seenMs }),
              ...(isStored && { stored }),
              ...(outcome !== undefined && {
                known: { outcome, fingerprint: isSame ? fingerprint : 'other', retryAtMs: nowMs + 1 },
              }),
            };
          }
          const plan = planSync(from, policy, facts(by), options);
          const placed = [...plan.downloads, ...plan.unchanged, ...plan.waiting, ...plan.refused].map(
            ({ model, version }) => `${model}/${version}`,
          );
          const wanted = chooseVersions(from, policy).map(({ model, version }) => `${model}/${version}`);
          expect(placed.toSorted()).toEqual(wanted.toSorted());
          // Nothing is fetched that is neither complete by its manifest nor settled.
          for (const each of plan.downloads)
            expect(seenMs !== undefined && nowMs - seenMs >= 5000, each.reason).toBe(true);
        },
      ),
    );
  });
});
