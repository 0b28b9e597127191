import { describe, expect, it } from 'vitest';
import {
  forbidden,
  isUpdateUrl,
  parsePolicy,
  policyPath,
  updateSettings,
} from '../../server/updating/update-policy.ts';

describe('the policy file', () => {
  it('absent, forbids nothing', () => {
    expect(parsePolicy(undefined)).toEqual({});
    expect(parsePolicy('{}')).toEqual({});
  });

  it('may begin as Notepad saves it', () => {
    expect(parsePolicy('\uFEFF{"updates":{"mode":"off"}}')).toEqual({ mode: 'off' });
  });

  it.each([
    ['{', 'it is not JSON'],
    ['[]', 'it holds no object `updates`'],
    ['null', 'it holds no object `updates`'],
    ['{"updates":"off"}', 'it holds no object `updates`'],
    ['{"updates":{"mode":"never"}}', 'updates.mode is "never", not one of off, notify, tonight'],
    ['{"updates":{"hour":24}}', 'updates.hour is 24'],
    ['{"updates":{"hour":2.5}}', 'updates.hour is 2.5'],
    ['{"updates":{"files":"no"}}', 'updates.files is neither'],
    ['{"updates":{"url":"http://a.test"}}', 'updates.url is "http://a.test", not an https address'],
    ['{"updates":{"Mode":"off"}}', 'updates.Mode is not known'],
  ])('%s is said to be wrong', (text, why) => {
    expect(() => parsePolicy(text)).toThrow(`The policy file of this machine cannot be used: ${why}`);
  });

  it('goes before what a person chose, and that before what was built in', () => {
    expect(updateSettings({}, {}, 'https://a.test')).toEqual({
      mode: 'notify',
      url: 'https://a.test',
      hour: 3,
      allowsFiles: true,
      isLocked: false,
    });
    expect(updateSettings({}, { mode: 'tonight' }, undefined)).toMatchObject({
      mode: 'tonight',
      url: undefined,
      isLocked: false,
    });
    expect(
      updateSettings({ mode: 'off', url: 'https://b.test', hour: 23 }, { mode: 'tonight' }, 'https://a.test'),
    ).toMatchObject({
      mode: 'off',
      url: 'https://b.test',
      hour: 23,
      isLocked: true,
    });
  });

  it('that cannot be read forbids everything', () => {
    expect(updateSettings(forbidden, { mode: 'tonight' }, 'https://a.test')).toMatchObject({
      mode: 'off',
      allowsFiles: false,
      isLocked: true,
    });
  });

  it('lies where only administrators write', () => {
    expect(policyPath('win32', { ProgramData: 'D:\\PD' })).toBe('D:\\PD\\Millrace\\policy.json');
    expect(policyPath('linux', {})).toBe('/etc/millrace/policy.json');
    expect(policyPath('darwin', {})).toBe('/Library/Application Support/Millrace/policy.json');
  });

  it.each([
    ['https://updates.plant.test/millrace/', true],
    ['http://127.0.0.1:8080/x', true],
    ['http://updates.plant.test/', false],
    ['https://user:secret@a.test/', false],
    ['file:///etc', false],
    ['', false],
    [7, false],
  ])('%j may be an address of updates: %s', (url, fine) => {
    expect(isUpdateUrl(url)).toBe(fine);
  });
});
