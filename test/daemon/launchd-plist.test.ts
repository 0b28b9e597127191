import { describe, expect, it } from 'vitest';
import { launchdPlist } from '../../server/daemon/launchd-plist.ts';
import { macFacts, macSettings } from './service-facts.ts';

describe('the launchd property list', () => {
  const list = launchdPlist(macSettings, macFacts);
  const valueOf = (key: string): string | undefined =>
    new RegExp(`<key>${key}</key>\\s*([^]*?)\\s*<(?:key|/dict)`).exec(list)?.[1];

  it('is XML with a value after each key', () => {
    expect(list.startsWith('<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE plist')).toBe(true);
    expect(list.match(/<key>/g)).toHaveLength(
      list.match(/<\/key>\s*<(?:string|integer|true|false|array|dict)/g)!.length,
    );
  });

  it('calls the program word by word', () => {
    expect([...valueOf('ProgramArguments')!.matchAll(/<string>(.*)<\/string>/g)].map((match) => match[1])).toEqual([
      '/opt/millrace/bin/node',
      '/opt/millrace/bin/millrace.mjs',
      'serve',
      '--json',
      '--data',
      '/Library/Application Support/millrace',
    ]);
  });

  it('starts again what has crashed and not what was stopped', () => {
    expect(list).toMatch(/<key>KeepAlive<\/key>\s*<dict>\s*<key>SuccessfulExit<\/key>\s*<false\/>/);
    expect(list).toMatch(/<key>ExitTimeOut<\/key>\s*<integer>90<\/integer>/);
  });

  it('runs as an account of its own with files that nobody else reads', () => {
    expect(list).toMatch(/<key>UserName<\/key>\s*<string>_millrace<\/string>/);
    expect(list).toMatch(/<key>Umask<\/key>\s*<integer>63<\/integer>/);
  });

  it('of a person names no account', () => {
    const own = launchdPlist({ ...macSettings, scope: 'user' }, macFacts);
    expect(own).not.toContain('UserName');
    expect(own).toContain('/Users/petra/Library/Logs/millrace/host.log');
  });

  it('writes signs of XML as text', () => {
    const odd = launchdPlist({ ...macSettings, serveWords: ['--models', '/srv/a&b<c>"d"'] }, macFacts);
    expect(odd).toContain('<string>/srv/a&amp;b&lt;c&gt;&quot;d&quot;</string>');
  });
});
