/**
 * Kubernetes' own schemas, as the package of its models has them: the published validators, and on top of them fields that do not exist,
 * which a cluster would drop without a word. Those are looked up in the package's type declarations.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import { Deployment } from 'kubernetes-models/apps/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { ConfigMap, Service } from 'kubernetes-models/v1';

const modules = dirname(dirname(createRequire(import.meta.url).resolve('kubernetes-models/package.json')));

interface Kind {
  readonly make: (object: object) => { validate(): void };
  /** Its declaration, below node_modules. */
  readonly declaration: string;
}

const kinds: Readonly<Record<string, Kind>> = {
  'v1 ConfigMap': { make: (object) => new ConfigMap(object), declaration: 'kubernetes-models/v1/ConfigMap.d.ts' },
  'v1 Service': { make: (object) => new Service(object), declaration: 'kubernetes-models/v1/Service.d.ts' },
  'apps/v1 Deployment': {
    make: (object) => new Deployment(object as ConstructorParameters<typeof Deployment>[0]),
    declaration: 'kubernetes-models/apps/v1/Deployment.d.ts',
  },
  'autoscaling/v2 HorizontalPodAutoscaler': {
    make: (object) => new HorizontalPodAutoscaler(object as ConstructorParameters<typeof HorizontalPodAutoscaler>[0]),
    declaration: 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler.d.ts',
  },
  'policy/v1 PodDisruptionBudget': {
    make: (object) => new PodDisruptionBudget(object),
    declaration: 'kubernetes-models/policy/v1/PodDisruptionBudget.d.ts',
  },
};

/** What a cluster would say against the object; empty where nothing. */
export function schemaFaults(object: Readonly<Record<string, unknown>>): string[] {
  const name = `${String(object['apiVersion'])} ${String(object['kind'])}`;
  const kind = kinds[name];
  if (kind === undefined) return [`${name} is no kind that is known here`];
  const faults = unknownFields(object, join(modules, kind.declaration), '');
  try {
    kind.make(object).validate();
  } catch (error) {
    faults.push(String(error));
  }
  return faults;
}

interface Declaration {
  /** Type of each field, as text. */
  readonly fields: ReadonlyMap<string, string>;
  /** File of each type that it names. */
  readonly types: ReadonlyMap<string, string>;
}

const declarations = new Map<string, Declaration | undefined>();

function unknownFields(value: unknown, file: string, path: string): string[] {
  const declaration = declarationIn(file);
  if (declaration === undefined || typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([field, inner]) => {
    const type = declaration.fields.get(field);
    if (type === undefined) return [`${path}.${field} does not exist`];
    const named = declaration.types.get(/(IIo\w+)/.exec(type)?.[1] ?? '');
    if (named === undefined) return [];
    if (!type.startsWith('Array<')) return unknownFields(inner, named, `${path}.${field}`);
    return (inner as unknown[]).flatMap((each, index) => unknownFields(each, named, `${path}.${field}[${index}]`));
  });
}

/** Undefined for a type that is no object with fields: a quantity, a time. */
function declarationIn(file: string): Declaration | undefined {
  if (declarations.has(file)) return declarations.get(file);
  const text = readFileSync(file, 'utf8');
  const body = /export interface \w+[^{]*\{\n([^]*?)\n\}/.exec(text)?.[1];
  const isKind = /extends TypeMeta/.test(text);
  const fields = new Map(
    isKind
      ? [
          ['apiVersion', 'string'],
          ['kind', 'string'],
        ]
      : [],
  );
  for (const [, field, type] of body?.matchAll(/^ {4}"([^"]+)"\??: (.*)/gm) ?? []) fields.set(field!, type!);
  const types = new Map<string, string>();
  for (const [, name, from] of text.matchAll(/import \{ (IIo\w+) \} from "([^"]+)"/g)) {
    types.set(
      name!,
      from!.startsWith('.') ? resolve(file, '..', from!.replace(/js$/, 'd.ts')) : join(modules, `${from}.d.ts`),
    );
  }
  const found = body === undefined ? undefined : { fields, types };
  declarations.set(file, found);
  return found;
}
