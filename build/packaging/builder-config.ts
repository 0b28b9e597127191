/**
 * The settings of electron-builder for one target, as a function: what goes into the archive (the shell, and nothing of
 * node_modules), what lies beside it (the server folder as plain files, the tray images), fuses, installers.
 *
 * docs/adr/0023 has the reasons. Two traps that this layout avoids: a `node_modules` at the top of a copied folder is dropped
 * silently, so the server folder has one level more; a source folder that is missing is a line in the log, so what was packed is
 * checked afterwards (check-package.ts).
 */
import type { Configuration } from 'electron-builder';
import type { Target } from '../staging/targets.ts';

export const productName = 'Millrace';
/** The shell sets the same for Windows' notifications; a test compares them. */
export const appId = 'org.millrace.desktop';
/** Not `millrace`, which is the command line. */
export const executableName = 'millrace-desktop';
/** A deb must name an address. The project has none yet, so this is one that nobody can own. */
const homepage = 'https://millrace.invalid/';
/** Of links that open the window at a place. */
export const linkScheme = 'millrace';

/**
 * What the packaged Electron must not do: run as a plain Node, take orders from NODE_OPTIONS or a debugger, load another archive than the
 * one that was checked. Cookies are not used, so there is nothing to encrypt.
 */
export const fuses = {
  runAsNode: false,
  enableCookieEncryption: false,
  enableNodeOptionsEnvironmentVariable: false,
  enableNodeCliInspectArguments: false,
  enableEmbeddedAsarIntegrityValidation: true,
  onlyLoadAppFromAsar: true,
  loadBrowserProcessSpecificV8Snapshot: false,
  grantFileProtocolExtraPrivileges: false,
} as const;

export interface BuilderInputs {
  readonly target: Target;
  readonly version: string;
  readonly electronVersion: string;
  /** The project's root. */
  readonly root: string;
  /** With package.json and dist/electron; what becomes the archive. */
  readonly appFolder: string;
  /** With `server` in it. */
  readonly stageFolder: string;
  /** Icons and pictures of the installers. */
  readonly imageFolder: string;
  readonly outFolder: string;
  /** An unpacked Electron instead of a download. */
  readonly electronDist?: string;
  /** Where releases are published; without it the package looks for no updates. */
  readonly updateUrl?: string;
  readonly afterPack?: Configuration['afterPack'];
}

export function builderConfig(inputs: BuilderInputs): Configuration {
  const { root, target, appFolder, stageFolder, imageFolder, outFolder, electronDist, updateUrl } = inputs;
  return {
    appId,
    productName,
    copyright: 'Copyright © Millrace contributors',
    electronVersion: inputs.electronVersion,
    ...(electronDist !== undefined && { electronDist }),
    directories: { app: appFolder, buildResources: imageFolder, output: outFolder },
    files: ['**/*', '!**/node_modules/**', '!**/*.map'],
    asar: true,
    npmRebuild: false,
    electronLanguages: ['en-US'],
    electronFuses: { ...fuses },
    extraResources: [
      { from: stageFolder, to: '.', filter: ['server/**/*'] },
      { from: `${root}/resources/icons`, to: 'icons', filter: ['tray-*.png'] },
    ],
    // Beside Electron's own license, which it puts there itself.
    extraFiles: [
      {
        from: `${root}/LICENSE`,
        to: target.platform === 'darwin' ? 'Resources/LICENSE.millrace.txt' : 'LICENSE.millrace.txt',
      },
    ],
    artifactName: 'millrace-desktop-${version}-${os}-${arch}.${ext}',
    protocols: [{ name: 'Millrace', schemes: [linkScheme] }],
    fileAssociations: [{ ext: 'onnx', name: 'ONNX model', role: 'Viewer', mimeType: 'application/x-onnx' }],
    ...(inputs.afterPack !== undefined && { afterPack: inputs.afterPack }),
    publish: updateUrl === undefined ? null : [{ provider: 'generic', url: updateUrl }],
    linux: {
      target: ['AppImage', 'deb'],
      executableName,
      category: 'Development',
      icon: `${imageFolder}/icons`,
      synopsis: 'Serves ONNX models from this machine over HTTP',
      maintainer: 'Millrace contributors <millrace@localhost>',
      vendor: 'Millrace contributors',
    },
    // The default runtime needs FUSE 2, which current distributions no longer have.
    toolsets: { appimage: '1.0.3' },
    deb: {
      packageName: 'millrace',
      packageCategory: 'misc',
      // The command line, also for machines whose screen nobody looks at.
      fpm: [`${root}/build/packaging/millrace-command.sh=/usr/bin/millrace`],
      recommends: ['libayatana-appindicator3-1'],
    },
    win: {
      target: ['nsis'],
      icon: `${imageFolder}/icon.ico`,
    },
    nsis: {
      oneClick: false,
      // Program files that only administrators can change; the host's own checks rely on it.
      perMachine: true,
      allowToChangeInstallationDirectory: true,
      deleteAppDataOnUninstall: false,
      installerSidebar: `${imageFolder}/installerSidebar.bmp`,
      uninstallerSidebar: `${imageFolder}/installerSidebar.bmp`,
      include: `${root}/build/packaging/installer.nsh`,
      license: `${root}/LICENSE`,
    },
    mac: {
      target: ['dmg', 'zip'],
      icon: `${imageFolder}/icon.icns`,
      category: 'public.app-category.developer-tools',
      minimumSystemVersion: '13.0',
      hardenedRuntime: true,
      entitlements: `${root}/build/packaging/entitlements.mac.plist`,
      entitlementsInherit: `${root}/build/packaging/entitlements.mac.plist`,
      // Signed before the manifest was made: a signature changes the file.
      signIgnore: ['/Contents/Resources/server/'],
    },
    dmg: {
      background: `${imageFolder}/background.png`,
      contents: [
        { x: 150, y: 186 },
        { x: 390, y: 186, type: 'link', path: '/Applications' },
      ],
    },
  };
}

/** The archive's package.json: no dependencies, because the shell is bundled. */
export function appPackageJson(version: string): string {
  const about = {
    name: 'millrace-desktop',
    productName,
    version,
    description: 'Turns one PC into a model-serving cluster',
    author: 'Millrace contributors',
    homepage,
    license: 'MIT',
    type: 'module',
    main: 'dist/electron/main.js',
    // By which docks know whose window it is.
    desktopName: `${executableName}.desktop`,
  };
  return `${JSON.stringify(about, undefined, 2)}\n`;
}
