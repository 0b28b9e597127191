/** What an export needs to know of a host, in words of its own; host/host-export.ts fills it in. Types only. Holds no secret. */
import type { Policy } from '../autoscaler/policy.ts';
import type { SourceSettings } from '../protocol/admin/source-settings.ts';

export interface ExportFacts {
  /** Of Millrace. */
  readonly version: string;
  /** How long a stop waits for accepted requests. */
  readonly drainTimeoutMs: number;
  /** The longest time that a request of any model has. */
  readonly longestTimeoutMs: number;
  readonly maxBodyBytes: number;
  /** Settings that hold on any machine, as the settings file has them. */
  readonly settings: CarriedSettings;
  readonly sources: readonly SourceSettings[];
  /** Keys of client programs as a settings file names them: with the hash of each, never its text. */
  readonly keys: readonly Readonly<Record<string, unknown>>[];
  /** Device that the settings name for models that name none. */
  readonly device: string | undefined;
  /** What was written about scaling, over the preset `kubernetes` where it names none. */
  readonly policy: Policy;
  /** Settings of this machine that the export leaves out, one sentence each. */
  readonly left: readonly string[];
}

export interface CarriedSettings {
  readonly defaults: { readonly strategy: string; readonly timeoutMs: number };
  readonly cache: { readonly enabled: boolean; readonly ttlSeconds: number; readonly maxBytes: number };
  readonly limits: Readonly<Record<string, number>>;
  readonly compatibility: Readonly<Record<string, string>>;
  readonly drainTimeoutMs: number;
  readonly log: { readonly level: string };
}

/** One file of an export. */
export interface ExportFile {
  /** Relative, with `/`. */
  readonly path: string;
  readonly text: string;
}

export interface Export {
  readonly files: readonly ExportFile[];
  /** What could not be taken over, and what is still to be done; one sentence each. */
  readonly notes: readonly string[];
}
