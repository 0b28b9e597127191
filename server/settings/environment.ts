/** Settings from variables of the environment: `MILLRACE_LIMITS_MAX_BODY_BYTES` is `limits.maxBodyBytes`. Pure. */
import type { FlatSettings } from './layers.ts';
import { settingShapes } from './setting-shapes.ts';
import type { SettingShape } from './setting-shapes.ts';

export function variableOf(path: string): string {
  return `MILLRACE_${path
    .replaceAll('.', '_')
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_')
    .toUpperCase()}`;
}

/** Values as they are written; the schema says whether they can be used. */
export function settingsOfEnvironment(environment: Readonly<Record<string, string | undefined>>): FlatSettings {
  const found: Record<string, unknown> = {};
  for (const shape of settingShapes()) {
    const text = environment[variableOf(shape.path)];
    if (text !== undefined && text !== '') found[shape.path] = parseSetting(shape, text);
  }
  return found;
}

/** A value from words: of a variable, or of the command line. What is none of its kind stays a text, which the schema refuses. */
export function parseSetting({ kind }: Pick<SettingShape, 'kind'>, text: string): unknown {
  switch (kind) {
    case 'number':
      return text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text);
    case 'flag':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'list':
      return text
        .split(',')
        .map((each) => each.trim())
        .filter(Boolean);
    case 'object':
      try {
        return JSON.parse(text) as unknown;
      } catch {
        return text;
      }
    default:
      return text;
  }
}
