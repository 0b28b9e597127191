/** The project's Dockerfile as data, and which files of the project Docker would be sent. */
import { readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { DockerfileParser, ModifiableInstruction } from 'dockerfile-ast';
import { root } from '../architecture/source-files.ts';

export const dockerfileText = readFileSync(join(root, 'Dockerfile'), 'utf8');

export interface Step {
  /** `FROM`, `RUN`, … */
  readonly keyword: string;
  /** Flags such as `--from=build`, without the dashes. */
  readonly flags: ReadonlyMap<string, string>;
  /** Without flags; of a JSON form its elements. */
  readonly words: readonly string[];
  readonly isJson: boolean;
  readonly text: string;
}

/** By stage, in order; the first step of each is its FROM. */
export function stages(): Step[][] {
  const found: Step[][] = [];
  for (const instruction of DockerfileParser.parse(dockerfileText).getInstructions()) {
    const keyword = instruction.getKeyword();
    const text = instruction.getArgumentsContent() ?? '';
    const flags = new Map<string, string>();
    if (instruction instanceof ModifiableInstruction) {
      for (const flag of instruction.getFlags()) flags.set(flag.getName(), flag.getValue() ?? '');
    }
    const inner = text.replace(/^(?:--\S+\s+(?:\\\n\s*)?)+/, '').replace(/^CMD\s+/, '');
    const isJson = inner.startsWith('[');
    const words = isJson ? (JSON.parse(inner) as string[]) : inner.split(/\s+/);
    if (keyword === 'FROM') found.push([]);
    found.at(-1)?.push({ keyword, flags, words, isJson, text });
  }
  return found;
}

/** Tracked and new files that .dockerignore lets through: folders with `!` in front after a `*`, and names that are never sent. */
export function contextFiles(): string[] {
  const lines = readFileSync(join(root, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const [all, ...rules] = lines;
  if (all !== '*') throw new Error('.dockerignore is expected to begin by leaving everything out.');
  const taken = rules.filter((rule) => rule.startsWith('!')).map((rule) => rule.slice(1));
  const never = rules
    .filter((rule) => !rule.startsWith('!'))
    .map(
      (rule) =>
        new RegExp(
          `(?:^|/)${rule
            .replace(/^\*\*\//, '')
            .replaceAll('.', '\\.')
            .replaceAll('*', '[^/]*')}$`,
        ),
    );
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root })
    .toString()
    .split('\n')
    .filter((path) => path !== '');
  return files.filter(
    (path) =>
      taken.some((each) => path === each || path.startsWith(`${each}/`)) && !never.some((rule) => rule.test(path)),
  );
}
