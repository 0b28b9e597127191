/**
 * All that page and shell say to each other: requests that the page makes, and news that the shell sends. One table for both
 * sides; ipc-main.ts locks every other door. A request's words are parsed here, whatever the page's code says they are.
 */
import type { DesktopView, OpenedFile, SwitchName } from '../server/protocol/desktop-bridge.ts';

export interface Requests {
  'shell:view': { readonly takes: readonly []; readonly gives: DesktopView };
  'shell:set-switch': { readonly takes: readonly [SwitchName, boolean]; readonly gives: DesktopView };
  'shell:start-host': { readonly takes: readonly []; readonly gives: void };
  'shell:take-opened': { readonly takes: readonly []; readonly gives: OpenedFile | undefined };
}

export interface News {
  'shell:view-changed': readonly [DesktopView];
  'shell:opened': readonly [];
  'shell:navigate': readonly [string];
}

export const switchNames: readonly SwitchName[] = ['startAtLogin', 'startHidden', 'closeToTray', 'keepAwake'];

const nothing = (words: readonly unknown[]): readonly [] | undefined => (words.length === 0 ? [] : undefined);

/** Undefined where the words are not what the request takes. */
export const requests: {
  readonly [Name in keyof Requests]: (words: readonly unknown[]) => Requests[Name]['takes'] | undefined;
} = {
  'shell:view': nothing,
  'shell:start-host': nothing,
  'shell:take-opened': nothing,
  'shell:set-switch': ([name, isOn, ...more]) => {
    const known = switchNames.find((each) => each === name);
    return known !== undefined && typeof isOn === 'boolean' && more.length === 0 ? [known, isOn] : undefined;
  },
};
