/** The doctor of a host, and of a data folder for which none runs: findings, and the diagnostics bundle. */
import { homedir, release } from 'node:os';
import type { Readable } from 'node:stream';
import type { DoctorDesk as DoctorOrders } from '../admin/doctor-routes.ts';
import { BundleShelf, filesOf, makeBundle } from '../doctor/bundle.ts';
import type { Bundle, BundlePart } from '../doctor/bundle.ts';
import { zipOf } from '../doctor/bundle-zip.ts';
import { hostChecks, judge } from '../doctor/host-checks.ts';
import { machineChecks } from '../doctor/machine-checks.ts';
import { secretsOf } from '../doctor/redaction.ts';
import type { BundleView, DoctorView } from '../protocol/admin/doctor-view.ts';
import type { LogQuery, LogView } from '../protocol/admin/log-view.ts';
import { version } from '../version.ts';
import { gatherFacts } from './doctor-gathering.ts';
import type { DoctorSources } from './doctor-gathering.ts';

export interface DoctorDeskParts extends DoctorSources {
  /** The settings that hold, as a person would write them. */
  settings(): unknown;
  /** The page of /metrics; empty without a host. */
  metrics(): string;
  log(query: LogQuery): LogView | undefined;
  /** Values that must not leave this computer: tokens, stored keys, passwords. */
  secrets(): Promise<readonly string[]>;
}

const bundleEvents = 1000;
const bundleLines = 2000;

export class DoctorDesk implements DoctorOrders {
  readonly #parts: DoctorDeskParts;
  readonly #shelf = new BundleShelf();

  constructor(parts: DoctorDeskParts) {
    this.#parts = parts;
  }

  async examine(isDeep: boolean, signal: AbortSignal, onStep: (step: string) => void): Promise<DoctorView> {
    const facts = await gatherFacts(this.#parts, isDeep, signal, onStep);
    return {
      checkedAt: new Date(facts.nowMs).toISOString(),
      isHostRunning: facts.host !== undefined,
      findings: judge(facts, [...hostChecks, ...machineChecks]),
    };
  }

  async makeBundle(signal: AbortSignal, onStep: (step: string) => void): Promise<BundleView> {
    const found = await this.examine(false, signal, onStep);
    onStep('Taking secrets out');
    const values = [...(await this.#parts.secrets()), ...secretsOf(process.env)];
    return this.#shelf.add(makeBundle(this.#contents(found), { values, homeFolder: homedir() }, new Date()));
  }

  bundle(id: string): BundleView {
    return this.#shelf.find(id).view;
  }

  bundleText(id: string, name: string): string {
    return this.#shelf.text(id, name);
  }

  bundleZip(id: string, without: readonly string[]): Readable {
    const bundle: Bundle = this.#shelf.find(id);
    return zipOf(filesOf(bundle, without), new Date(bundle.view.createdAt));
  }

  #contents(found: DoctorView): BundlePart[] {
    const { view, events, settings, metrics, log } = this.#parts;
    const host = view();
    const lines = log({ after: 0, level: 'debug', search: '', limit: bundleLines });
    return [
      { name: 'doctor.txt', about: 'What the doctor found, in sentences.', text: findingsText(found) },
      { name: 'system.json', about: 'Versions of Millrace, Node and the system.', text: json(systemFacts()) },
      { name: 'settings.json', about: 'The settings that hold.', text: json(settings()) },
      ...(host === undefined
        ? []
        : [{ name: 'status.json', about: 'Models, copies and numbers of the running host.', text: json(host) }]),
      {
        name: 'events.jsonl',
        about: 'What happened, newest first.',
        text: jsonLines(events({ limit: bundleEvents })),
      },
      ...(lines === undefined
        ? []
        : [{ name: 'log.jsonl', about: 'The last lines of the log.', text: jsonLines(lines.entries) }]),
      ...(host === undefined
        ? []
        : [{ name: 'metrics.txt', about: 'Counters, as Prometheus reads them.', text: metrics() }]),
    ];
  }
}

/** A line per finding, what to do below it. */
export function findingsText({ checkedAt, findings }: DoctorView): string {
  const marks = { good: 'ok  ', attention: 'look', failed: 'FAIL', unknown: '?   ' } as const;
  const lines = findings.flatMap(({ state, check, sentence, fix, command }) => [
    `${marks[state]}  ${check.padEnd(17)} ${sentence}`,
    ...(fix === undefined ? [] : [`${' '.repeat(24)}${fix}`]),
    ...(command === undefined || state === 'good' ? [] : [`${' '.repeat(24)}$ ${command}`]),
  ]);
  return `${checkedAt}\n\n${lines.join('\n')}\n`;
}

function systemFacts(): object {
  return {
    millrace: version,
    node: process.versions,
    platform: process.platform,
    arch: process.arch,
    release: release(),
    // Names alone: their values are nobody's business.
    variables: Object.keys(process.env).filter((name) => /^(?:MILLRACE|NODE|ORT|CUDA|AWS|LD)_/.test(name)),
  };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function jsonLines(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}
