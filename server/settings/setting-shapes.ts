/** The settings as a flat list, read from the schema: path, kind, bounds, default. Pure. */
import { configJsonSchema, parseConfig } from '../config.ts';

export interface SettingShape {
  readonly path: string;
  readonly kind: 'number' | 'text' | 'choice' | 'flag' | 'list' | 'object';
  readonly min?: number;
  readonly max?: number;
  readonly choices?: readonly string[];
  readonly default?: unknown;
}

interface JsonSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly enum?: readonly string[];
  readonly items?: JsonSchema;
  readonly minimum?: number;
  readonly maximum?: number;
}

let known: readonly SettingShape[] | undefined;

/** In the order of the schema. */
export function settingShapes(): readonly SettingShape[] {
  if (known === undefined) {
    const defaults = parseConfig({ models: '-', dataDirectory: '-' }, 'The defaults');
    known = shapesOf(configJsonSchema() as JsonSchema, '').map((shape) => {
      const value = required.has(shape.path) ? undefined : valueAt(defaults, shape.path);
      return value === undefined ? shape : { ...shape, default: value };
    });
  }
  return known;
}

/** They have no default of their own: whoever starts a host says them. */
const required: ReadonlySet<string> = new Set(['models', 'dataDirectory']);

function valueAt(nested: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], nested);
}

function shapesOf(schema: JsonSchema, prefix: string): SettingShape[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, member]): SettingShape[] => {
    const path = `${prefix}${name}`;
    if (member.properties !== undefined) return shapesOf(member, `${path}.`);
    const { minimum: min, maximum: max, enum: choices } = member;
    return [
      {
        path,
        kind: kindOf(member),
        ...(min !== undefined && { min }),
        ...(max !== undefined && { max }),
        ...(choices !== undefined && { choices }),
      },
    ];
  });
}

function kindOf({ type, enum: choices, items }: JsonSchema): SettingShape['kind'] {
  if (choices !== undefined) return 'choice';
  if (type === 'integer' || type === 'number') return 'number';
  if (type === 'boolean') return 'flag';
  if (type === 'string') return 'text';
  return type === 'array' && items?.type === 'string' ? 'list' : 'object';
}
