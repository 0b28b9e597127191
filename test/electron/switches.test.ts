import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SwitchFile } from '../../electron/switches.ts';

describe('the switches of the window', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-switches-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('are all off at first', () => {
    const { switches } = new SwitchFile(join(folder, 'shell.json'));
    expect(switches).toEqual({ startAtLogin: false, startHidden: false, closeToTray: false, keepAwake: false });
  });

  it('are what was set when the program starts again', () => {
    const path = join(folder, 'new', 'shell.json');
    const file = new SwitchFile(path);
    file.set('closeToTray', true);
    expect(file.switches.closeToTray).toBe(true);
    const again = new SwitchFile(path);
    expect(again.switches).toEqual({
      startAtLogin: false,
      startHidden: false,
      closeToTray: true,
      keepAwake: false,
    });
    file.set('closeToTray', false);
    expect(new SwitchFile(path).switches.closeToTray).toBe(false);
  });

  it.each(['', 'null', '[]', '{"closeToTray":"yes","other":true}', '{"closeToTray":'])(
    'are off where the file holds %j',
    (text) => {
      const path = join(folder, 'shell.json');
      writeFileSync(path, text);
      const file = new SwitchFile(path);
      expect(Object.values(file.switches)).toEqual([false, false, false, false]);
      file.set('keepAwake', true);
      expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ keepAwake: true });
    },
  );
});
