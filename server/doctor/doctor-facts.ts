/** Everything that the doctor judges, as plain data: who gathers it is local-facts.ts and, for a running host, host/doctor-desk.ts. */

export interface DoctorFacts {
  readonly nowMs: number;
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  readonly nodeVersion: string;
  /** Undefined: none runs for this data folder. */
  readonly host: HostFacts | undefined;
  readonly ports: readonly PortFact[];
  readonly data: DataFolderFacts;
  readonly temporary: { readonly path: string; readonly fault: string | undefined };
  readonly disk: { readonly freeBytes: number; readonly totalBytes: number } | undefined;
  readonly memory: MemoryFacts;
  readonly cores: number;
  /** Of all cores over the last minute, percent; undefined where the system does not say. */
  readonly loadPercent: number | undefined;
  /** What one process may open at once; undefined where there is no such limit. */
  readonly maxOpenFiles: number | undefined;
  readonly databases: readonly { readonly name: string; readonly fault: string | undefined }[];
  readonly models: ModelFacts;
  readonly devices: DeviceFacts;
  readonly history: HistoryFacts;
  readonly isGuiBuilt: boolean;
  /** Names of variables that send requests of programs to a proxy, where loopback is not left out. */
  readonly proxyVariables: readonly string[];
}

export interface HostFacts {
  readonly pid: number;
  readonly version: string;
  readonly upSeconds: number;
  readonly inferenceUrl: string;
  readonly hasWarden: boolean;
  readonly models: readonly { readonly name: string; readonly state: string; readonly reason: string }[];
  readonly problems: readonly { readonly subject: string; readonly message: string; readonly hint: string }[];
}

export interface PortFact {
  readonly what: 'inference' | 'admin';
  /** 0: any free one. */
  readonly wanted: number;
  /** What the running host has; undefined without one. */
  readonly used: number | undefined;
  /** Nobody listens there; undefined while our own host does. */
  readonly isFree: boolean | undefined;
  /** The program that does, where the system says. */
  readonly holder: string | undefined;
}

export interface DataFolderFacts {
  readonly path: string;
  readonly exists: boolean;
  /** Why nothing can be written there. */
  readonly fault: string | undefined;
  /** Files and folders in it that other users may read, relative; secrets among them. Empty on Windows, which has no such bits. */
  readonly openToOthers: readonly string[];
  /** A name like `nfs` where it is on another machine. */
  readonly networkFileSystem: string | undefined;
}

export interface MemoryFacts {
  readonly totalBytes: number;
  readonly availableBytes: number;
  /** What all copies together may take. */
  readonly budgetBytes: number;
  /** What they take; undefined without a host. */
  readonly usedBytes: number | undefined;
}

export interface ModelFacts {
  readonly versions: number;
  readonly checkedBytes: number;
  /** Not all were looked at: there are too many bytes for a quick look. */
  readonly isPartly: boolean;
  readonly faults: readonly { readonly name: string; readonly version: string; readonly fault: string }[];
}

export interface DeviceFacts {
  /** Why the runtime could not be tried. */
  readonly fault: string | undefined;
  readonly runtimeVersion: string | undefined;
  readonly usable: readonly string[];
  readonly graphics: readonly string[];
  /** Devices of this installation that did not work, and why. */
  readonly failed: readonly { readonly name: string; readonly reason: string }[];
  /** The processor has AVX2, which makes a model several times faster; undefined where the system does not say. */
  readonly hasAvx2: boolean | undefined;
}

export interface HistoryFacts {
  /** Copies that died by themselves during the last day, by model. */
  readonly deaths: readonly { readonly model: string; readonly count: number; readonly last: string }[];
  /** Ends of the host that were no stop, during the last week; ISO 8601 of the start before each. */
  readonly crashes: readonly string[];
  /** Of the newest event, milliseconds since 1970. */
  readonly newestEventMs: number | undefined;
}
