/** A JSON Schema in the notation that people read: close to a TypeScript type, with ranges as comments. Pure. */
import type { JsonSchema } from './openapi-document.ts';

const maxDepth = 6;

export function schemaText(schema: JsonSchema, indent = ''): string {
  if (indent.length > 2 * maxDepth) return '…';
  const { $ref, type, properties, items, additionalProperties, enum: values } = schema;
  const options = schema['anyOf'] ?? schema['oneOf'];
  if (typeof $ref === 'string') return $ref.split('/').at(-1)!;
  if ('const' in schema) return JSON.stringify(schema['const']);
  if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join(' | ');
  if (Array.isArray(options)) return options.map((each) => schemaText(each as JsonSchema, indent)).join(' | ');
  if (Array.isArray(type)) return type.join(' | ');
  const parts = schema['prefixItems'];
  if (Array.isArray(parts)) return `[${parts.map((each) => schemaText(each as JsonSchema, indent)).join(', ')}]`;
  if (type === 'array') return `${grouped(schemaText((items ?? {}) as JsonSchema, indent))}[]`;
  if (properties !== undefined) return objectText(schema, indent);
  if (typeof additionalProperties === 'object' && additionalProperties !== null) {
    return `{ [name]: ${schemaText(additionalProperties as JsonSchema, indent)} }`;
  }
  return typeof type === 'string' ? type : 'any';
}

function objectText(schema: JsonSchema, indent: string): string {
  const required = new Set((schema['required'] ?? []) as string[]);
  const lines = Object.entries(schema['properties'] as Record<string, JsonSchema>).map(([name, member]) => {
    const text = schemaText(member, `${indent}  `);
    return `${indent}  ${name}${required.has(name) ? '' : '?'}: ${text}${noteOf(member)}`;
  });
  return lines.length === 0 ? '{}' : `{\n${lines.join('\n')}\n${indent}}`;
}

function noteOf({ description, minimum, maximum, default: preset }: JsonSchema): string {
  // Bounds of safe integers say nothing.
  const isBound = (value: unknown): value is number =>
    typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER;
  const notes = [
    ...(isBound(minimum) ? [`from ${minimum}`] : []),
    ...(isBound(maximum) ? [`to ${maximum}`] : []),
    ...(preset === undefined ? [] : [`default ${JSON.stringify(preset)}`]),
    ...(typeof description === 'string' ? [description] : []),
  ];
  return notes.length === 0 ? '' : `  // ${notes.join(', ')}`;
}

function grouped(text: string): string {
  return text.includes(' | ') ? `(${text})` : text;
}
