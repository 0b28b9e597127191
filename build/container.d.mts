/** See container.mjs. */
export function productionPackages(lock: { readonly packages: Readonly<Record<string, object>> }): string[];
export function stageContainer(
  from: string,
  to: string,
  system?: { readonly platform: string; readonly arch: string },
): number;
