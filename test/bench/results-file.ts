/** Puts a result between the markers of a markdown file; what people wrote around them stays. */
import { readFile, writeFile } from 'node:fs/promises';

const begin = '<!-- bench:begin, written by npm run bench -- --write -->\n<!-- prettier-ignore-start -->';
const end = '<!-- prettier-ignore-end -->\n<!-- bench:end -->';

/** Appends the markers where the file has none; makes the file where there is none. */
export async function writeResults(path: string, markdown: string): Promise<void> {
  const text = await textOf(path);
  const section = `${begin}\n\n${markdown}\n\n${end}`;
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  const whole =
    from === -1 || to === -1
      ? `${text === '' ? '' : `${text.trimEnd()}\n\n`}${section}\n`
      : text.slice(0, from) + section + text.slice(to + end.length);
  await writeFile(path, whole);
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
