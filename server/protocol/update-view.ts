/** What the desktop program knows about updates of itself, for its window and its tray. Plain data. */

export interface UpdateView {
  /** As update-decision.ts has them. */
  readonly phase: 'none' | 'checking' | 'available' | 'downloading' | 'downloaded' | 'installing';
  readonly mode: 'off' | 'notify' | 'tonight';
  /** The mode is the administrator's; it cannot be changed here. */
  readonly isLocked: boolean;
  /** False: this build has no address, or the administrator has said no. */
  readonly canLook: boolean;
  readonly canTakeFile: boolean;
  /** The newer one that is known. */
  readonly version?: string;
  /** While it is downloaded, 0 to 100. */
  readonly percent?: number;
  /** It will be installed in the coming night. */
  readonly isOrdered: boolean;
  /** One sentence for people: how it stands. */
  readonly sentence: string;
  /** Why the last thing that was tried did not work. */
  readonly trouble?: string;
}

/** What a person may do about it. */
export type UpdateOrder = 'check' | 'download' | 'install-now' | 'install-tonight' | 'not-tonight';
