import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { windowsTask, windowsWord } from '../../server/daemon/windows-task.ts';
import { windowsFacts, windowsSettings } from './service-facts.ts';

describe('the task of Windows', () => {
  const task = windowsTask(windowsSettings, windowsFacts);

  it('starts with the machine as LOCAL SERVICE, without raised rights', () => {
    expect(task).toContain('<BootTrigger>');
    expect(task).toContain('<UserId>S-1-5-19</UserId>');
    expect(task).toContain('<RunLevel>LeastPrivilege</RunLevel>');
    expect(task).not.toContain('HighestAvailable');
  });

  it('looks every minute whether it still runs, and never starts a second', () => {
    expect(task).toMatch(/<Repetition>\s*<Interval>PT1M<\/Interval>/);
    expect(task).toContain('<MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>');
  });

  it('has no end, no idleness, no battery and no low priority', () => {
    for (const line of [
      '<ExecutionTimeLimit>PT0S</ExecutionTimeLimit>',
      '<StopOnIdleEnd>false</StopOnIdleEnd>',
      '<StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>',
      '<DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>',
      '<Priority>4</Priority>',
    ]) {
      expect(task).toContain(line);
    }
  });

  it('calls the program with a log file, because nobody reads what it prints', () => {
    expect(task).toContain('<Command>C:\\Program Files\\Millrace\\bin\\node.exe</Command>');
    expect(task).toContain(
      '<Arguments>&quot;C:\\Program Files\\Millrace\\bin\\millrace.mjs&quot; serve --json --data C:\\ProgramData\\Millrace --log-file C:\\ProgramData\\Millrace\\logs\\host.log</Arguments>',
    );
  });

  it('of a person starts when that person logs on', () => {
    const own = windowsTask({ ...windowsSettings, scope: 'user' }, windowsFacts);
    expect(own).toContain('<LogonTrigger>');
    expect(own).toContain('<UserId>PLANT\\petra</UserId>');
    expect(own).not.toContain('S-1-5-19');
  });

  it('has the line ends of Windows', () => {
    expect(task.replaceAll('\r\n', '')).not.toContain('\n');
  });
});

/** As the C runtime of Windows takes a command line apart. */
function takenApart(line: string): string[] {
  const words: string[] = [];
  let word = '';
  let isOpen = false;
  let isQuoted = false;
  for (let at = 0; at < line.length;) {
    const slashes = /^\\*/.exec(line.slice(at))![0].length;
    if (line[at + slashes] === '"') {
      word += '\\'.repeat(Math.floor(slashes / 2));
      if (slashes % 2 === 1) word += '"';
      else isQuoted = !isQuoted;
      isOpen = true;
      at += slashes + 1;
    } else if (slashes > 0) {
      word += '\\'.repeat(slashes);
      isOpen = true;
      at += slashes;
    } else if (/\s/.test(line[at]!) && !isQuoted) {
      if (isOpen) words.push(word);
      word = '';
      isOpen = false;
      at++;
    } else {
      word += line[at]!;
      isOpen = true;
      at++;
    }
  }
  return isOpen ? [...words, word] : words;
}

describe('a word of a Windows command line', () => {
  it.each([
    ['plain', 'plain'],
    ['C:\\a b\\', '"C:\\a b\\\\"'],
    ['say "hi"', '"say \\"hi\\""'],
    ['', '""'],
  ])('%s becomes %s', (word, quoted) => {
    expect(windowsWord(word)).toBe(quoted);
  });

  it('comes out as it went in, whatever stands in it', () => {
    const words = fc.array(fc.string({ unit: fc.constantFrom('a', ' ', '"', '\\', '\t', 'ß') }), { minLength: 1 });
    fc.assert(
      fc.property(words, (given) => {
        expect(takenApart(given.map(windowsWord).join(' '))).toEqual(given);
      }),
    );
  });
});
