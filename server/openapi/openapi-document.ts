/** An OpenAPI 3.1 document from a table of operations, for both listeners alike. Pure: it knows nothing of what is behind. */

/** JSON Schema 2020-12, which is what OpenAPI 3.1 uses. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export interface ApiParameter {
  readonly name: string;
  readonly in: 'query' | 'header';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
}

export interface ApiOperation {
  readonly method: string;
  /** Parameters in braces. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly parameters?: readonly ApiParameter[];
  /** By media type. */
  readonly takes?: Readonly<Record<string, JsonSchema>>;
  readonly status: number;
  /** By media type; none for an answer without a body. */
  readonly gives: Readonly<Record<string, JsonSchema>>;
  /** True where neither token nor key is asked for. */
  readonly isOpen?: boolean;
}

export interface ApiFacts {
  readonly title: string;
  readonly version: string;
  readonly description: string;
  /** What comes before the paths: `/api/v1`, or `/`. */
  readonly serverUrl: string;
  readonly operations: readonly ApiOperation[];
  /** Shared schemas, referred to as `#/components/schemas/<name>`. `Error` is one of them. */
  readonly schemas: Readonly<Record<string, JsonSchema>>;
  readonly securitySchemes?: Readonly<Record<string, object>>;
}

export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

export interface OpenApiOperation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly parameters?: readonly (ApiParameter | { readonly in: 'path'; readonly name: string })[];
  readonly requestBody?: {
    readonly required: boolean;
    readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>>;
  };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: object }>>;
}

export function openApiDocument(facts: ApiFacts): OpenApiDocument {
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  for (const operation of facts.operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method.toLowerCase()]: written(operation) };
  }
  const { securitySchemes } = facts;
  return {
    openapi: '3.1.0',
    info: { title: facts.title, version: facts.version, description: facts.description },
    servers: [{ url: facts.serverUrl }],
    ...(securitySchemes !== undefined && { security: Object.keys(securitySchemes).map((name) => ({ [name]: [] })) }),
    tags: [...new Set(facts.operations.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: { schemas: facts.schemas, ...(securitySchemes !== undefined && { securitySchemes }) },
  };
}

function written(operation: ApiOperation): OpenApiOperation {
  const { method, path, tag, summary, takes, gives, status, isOpen } = operation;
  const parameters = [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
      name: name!,
      in: 'path' as const,
      required: true,
      schema: { type: 'string' },
    })),
    ...(operation.parameters ?? []),
  ];
  return {
    operationId: operationId(method, path),
    tags: [tag],
    summary,
    ...(isOpen === true && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(takes !== undefined && { requestBody: { required: true, content: content(takes) } }),
    responses: {
      [status]: { description: 'Done.', ...(Object.keys(gives).length > 0 && { content: content(gives) }) },
      default: {
        description: 'Why not: a sentence, a code for programs and what to do.',
        content: content({ 'application/json': { $ref: '#/components/schemas/Error' } }),
      },
    },
  };
}

function content(types: Readonly<Record<string, JsonSchema>>): Record<string, { schema: JsonSchema }> {
  return Object.fromEntries(Object.entries(types).map(([type, schema]) => [type, { schema }]));
}

/** `GET /jobs/{id}` is `getJobsById`: unique, because methods and paths are. */
function operationId(method: string, path: string): string {
  const words = path
    .split('/')
    .filter((part) => part !== '')
    .map((part) => part.replaceAll(/^\{(\w+)\}$/g, 'by-$1'))
    .flatMap((part) => part.split(/[^A-Za-z0-9]+/));
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}
