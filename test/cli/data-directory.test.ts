import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { defaultDataDirectory } from '../../server/cli/data-directory.ts';

it('the data folder is where the system keeps such things, or where a variable says', () => {
  expect(defaultDataDirectory({ MILLRACE_DATA: 'here' })).toBe(resolve('here'));
  expect(defaultDataDirectory({ MILLRACE_DATA: '' })).toMatch(/[/\\][Mm]illrace$/);
  if (process.platform === 'linux')
    expect(defaultDataDirectory({ XDG_DATA_HOME: '/data' })).toBe(join('/data', 'millrace'));
});
