import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  appId,
  appPackageJson,
  builderConfig,
  executableName,
  fuses,
  linkScheme,
} from '../../build/packaging/builder-config.ts';
import type { BuilderInputs } from '../../build/packaging/builder-config.ts';
import { filesOfList } from '../../build/packaging/release-lists.ts';
import { textFiles } from '../../build/staging/server-files.ts';
import { targets } from '../../build/staging/targets.ts';
import { firewallRuleName } from '../../server/daemon/windows-firewall.ts';
import { taskName } from '../../server/daemon/windows-task.ts';
import { root } from '../architecture/source-files.ts';

const inputs: BuilderInputs = {
  target: targets['linux-x64'],
  version: '1.2.3',
  electronVersion: '45.0.0',
  root: '/project',
  appFolder: '/build/app',
  stageFolder: '/build/stage',
  imageFolder: '/build/images',
  outFolder: '/build/out',
};
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

describe('the settings of electron-builder', () => {
  const config = builderConfig(inputs);

  it('pack the shell without any package, and the server as plain files one level down', () => {
    expect(config.files).toContain('!**/node_modules/**');
    expect(config.npmRebuild).toBe(false);
    expect(config.extraResources).toContainEqual({ from: '/build/stage', to: '.', filter: ['server/**/*'] });
    expect(JSON.parse(appPackageJson('1.2.3'))).not.toHaveProperty('dependencies');
  });

  it('switch off every way to make another program of it', () => {
    expect(config.electronFuses).toEqual(fuses);
    expect(fuses).toMatchObject({
      runAsNode: false,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
    });
  });

  it('publish nowhere unless there is an address', () => {
    expect(config.publish).toBeNull();
    expect(builderConfig({ ...inputs, updateUrl: 'https://a.test/' }).publish).toEqual([
      { provider: 'generic', url: 'https://a.test/' },
    ]);
  });

  it('leave the signed server folder of macOS as its manifest has it', () => {
    expect(config.mac?.signIgnore).toEqual(['/Contents/Resources/server/']);
  });

  it('keep the command line and the window apart by name', () => {
    expect(config.linux?.executableName).toBe(executableName);
    expect(executableName).not.toBe('millrace');
    expect(JSON.parse(appPackageJson('1.2.3'))).toMatchObject({
      desktopName: `${executableName}.desktop`,
      main: 'dist/electron/main.js',
    });
    expect(config.protocols).toEqual([{ name: 'Millrace', schemes: [linkScheme] }]);
    expect(config.appId).toBe(appId);
  });
});

describe("the Windows installer's own part", () => {
  const script = read('build/packaging/installer.nsh');

  it('removes the firewall rule and the service by the names that the program gives them', () => {
    expect(script).toContain(`!define MILLRACE_FIREWALL_RULE "${firewallRuleName}"`);
    expect(script).toContain(`!define MILLRACE_TASK "${taskName('millrace')}"`);
    const uninstall = script.slice(script.indexOf('!macro customUnInstall'));
    expect(uninstall).toContain('advfirewall firewall delete rule name="${MILLRACE_FIREWALL_RULE}"');
    expect(uninstall).toContain('/Delete /TN "${MILLRACE_TASK}" /F');
  });

  it('keeps both while it only updates', () => {
    const uninstall = script.slice(script.indexOf('!macro customUnInstall'));
    expect(uninstall.indexOf('${ifNot} ${isUpdated}')).toBeLessThan(uninstall.indexOf('netsh.exe'));
    expect(uninstall.indexOf('${endIf}')).toBeGreaterThan(uninstall.indexOf('/Delete'));
  });
});

describe('the texts of a server folder', () => {
  it('start Millrace without any other program', () => {
    const script = textFiles(targets['linux-x64'], '1.2.3').find(({ path }) => path === 'millrace')!;
    expect(script.isProgram).toBe(true);
    expect(script.text).toMatch(/^#!\/bin\/sh\n/);
    expect(script.text).not.toMatch(/\b(?:dirname|basename|sed|realpath)\b/);
  });

  it('have the line ends and the words of their system', () => {
    const windows = textFiles(targets['win32-x64'], '1.2.3');
    for (const { path, text } of windows) {
      if (path.endsWith('.mjs')) continue;
      expect(text.replaceAll('\r\n', ''), path).not.toContain('\n');
    }
    expect(windows.find(({ path }) => path === 'README.txt')!.text).toContain('Millrace 1.2.3 for win32-x64');
    expect(windows.map(({ path }) => path)).toContain('millrace.cmd');
  });
});

describe('the list of a release', () => {
  it('names its files', () => {
    const list =
      'version: 1.2.3\nfiles:\n  - url: a-1.2.3.exe\n    sha512: xx\n  - url: "b c.zip"\n    size: 3\npath: a-1.2.3.exe\n';
    expect(filesOfList(list)).toEqual(['a-1.2.3.exe', 'b c.zip']);
  });
});
