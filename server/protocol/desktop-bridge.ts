/**
 * What the desktop window offers its page beside the admin API, as `window.millraceDesktop`; a browser has none of it. Types only:
 * the shell (electron/) and the GUI are built apart and agree on these.
 */

/** What a person switches on; all are off until then. */
export type SwitchName = 'startAtLogin' | 'startHidden' | 'closeToTray' | 'keepAwake';
export type Switches = Readonly<Record<SwitchName, boolean>>;

/** `waiting`: it died and is started again in a moment; `failed`: it is not, until a person acts. */
export type DesktopHostKind = 'starting' | 'running' | 'waiting' | 'stopped' | 'failed';

/** The host as the shell knows it, also while no host answers. */
export interface DesktopHost {
  readonly kind: DesktopHostKind;
  /** False: it ran before the window did, as a service for example, and goes on when the window closes. */
  readonly isOurs: boolean;
  /** One sentence for people. */
  readonly sentence: string;
  readonly hint?: string;
  /** The last lines that it wrote, oldest first; empty while it runs. */
  readonly lines: readonly string[];
}

export interface DesktopView {
  readonly switches: Switches;
  readonly host: DesktopHost;
}

/** A model file that was opened with Millrace: by double click, or dropped on its icon. */
export interface OpenedFile {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly sizeBytes: number;
}

/** Functions named `on…` return how to stop listening. */
export interface DesktopBridge {
  view(): Promise<DesktopView>;
  onView(listener: (view: DesktopView) => void): () => void;
  setSwitch(name: SwitchName, isOn: boolean): Promise<DesktopView>;
  /** Starts a host that has stopped or failed. */
  startHost(): Promise<void>;
  /** The file that was opened last, given once. */
  takeOpened(): Promise<OpenedFile | undefined>;
  onOpened(listener: () => void): () => void;
  /** The shell wants the page to go to a place, `/models/iris` for example. */
  onNavigate(listener: (place: string) => void): () => void;
  /** Where a dropped or chosen file lies; empty for what was never on disk. */
  pathOf(file: File): string;
}
