import { expect, it } from 'vitest';
import { openerFor } from '../../server/cli/open-in-browser.ts';

it.each(['win32', 'darwin', 'linux'] as const)('a link is one word of a command without a shell on %s', (platform) => {
  const url = 'http://127.0.0.1:8090/#t=a-b_c';
  const [program, words] = openerFor(platform, url);
  expect(program).toBe({ win32: 'rundll32', darwin: 'open', linux: 'xdg-open' }[platform]);
  expect(words.at(-1)).toBe(url);
});
