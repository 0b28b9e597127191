import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { bodyFile, languages, maxInlineBody, needsFile, snippet } from '../../../renderer/try/snippets.ts';

const request = {
  url: 'http://127.0.0.1:8000/predict/it%27s',
  body: { features: { 'it\'s "quoted"': 1.5, flag: true, none: null, list: [1, 'ü'] } },
};
const long = { ...request, body: { features: Array.from({ length: maxInlineBody }, () => 0) } };
const hasPython = spawnSync('python3', ['--version']).status === 0;

describe('a snippet', () => {
  it.skipIf(process.platform === 'win32')('of curl gives the shell the very body', () => {
    const line = snippet('curl', request).replace(/^curl /, 'printf "%s\\n" ');
    const words = execFileSync('sh', ['-c', line], { encoding: 'utf8' }).split('\n');
    expect(words).toContain(request.url);
    expect(JSON.parse(words[words.indexOf('-d') + 1]!)).toEqual(request.body);
  });

  it('of PowerShell doubles the quotes of its string', () => {
    expect(snippet('powershell', request)).toContain(`it''s`);
  });

  it.skipIf(!hasPython)('of Python is valid and holds the very body', () => {
    const line = snippet('python', request)
      .split('\n')
      .find((each) => each.startsWith('body = '))!;
    const printed = execFileSync('python3', ['-c', `import json\n${line}\nprint(json.dumps(body))`], {
      encoding: 'utf8',
    });
    expect(JSON.parse(printed)).toEqual(request.body);
  });

  it('of JavaScript is valid and holds the very body', () => {
    const text = snippet('javascript', request);
    const literal = /JSON\.stringify\((.*)\),/.exec(text)![1]!;
    expect(new Function(`return ${literal}`)()).toEqual(request.body);
  });

  it('of C# holds the body in a raw string', () => {
    expect(snippet('csharp', request)).toContain(`"""\n    ${JSON.stringify(request.body)}\n    """`);
  });

  it('reads a long body from a file in every language', () => {
    expect(needsFile(request)).toBe(false);
    expect(needsFile(long)).toBe(true);
    for (const language of languages) {
      expect(snippet(language, long)).toContain(bodyFile);
      expect(snippet(language, long).length).toBeLessThan(600);
    }
  });
});

describe('code that sends a file', () => {
  it.each(languages)('in %s names the file and its type, and holds no body', (language) => {
    const text = snippet(language, { url: 'http://h:1/predict/m', file: { fileName: 'part.jpg', type: 'image/jpeg' } });
    for (const part of ['http://h:1/predict/m', 'part.jpg', 'image/jpeg']) expect(text).toContain(part);
    expect(text).not.toContain('undefined');
    expect(needsFile({ url: '', file: { fileName: 'x', type: '' } })).toBe(false);
  });
});
