export interface DesktopFacts {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly userId: number | undefined;
  readonly serveWords: readonly string[];
  readonly isInstalled: boolean;
}
export function decideDesktop(facts: DesktopFacts): 'open' | 'fetch' | { readonly reason: string };
export function electronProgram(
  root: string,
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
): string;
export function isElectronThere(
  root: string,
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
): boolean;
export function downloadFault(text: string): string;
