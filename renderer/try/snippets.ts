/** The same request in the languages of those who call. Pure. Only what each language brings, so that nothing is installed. */

export const languages = ['curl', 'powershell', 'python', 'javascript', 'csharp'] as const;
export type Language = (typeof languages)[number];

/** Names as people write them; no translation. */
export const languageNames: Readonly<Record<Language, string>> = {
  curl: 'curl',
  powershell: 'PowerShell',
  python: 'Python',
  javascript: 'JavaScript',
  csharp: 'C#',
};

export interface SnippetRequest {
  readonly url: string;
  readonly body?: unknown;
  /** A file beside the code that is the whole body. */
  readonly file?: { readonly fileName: string; readonly type: string } | undefined;
  /** The code reads a key from the environment variable `MILLRACE_KEY`: a key in code ends up where code goes. */
  readonly needsKey?: boolean;
}

/** A longer body stands in a file beside the code, characters. */
export const maxInlineBody = 3000;
export const bodyFile = 'request.json';

/** True where the code reads the body from `request.json`. */
export function needsFile({ body, file }: SnippetRequest): boolean {
  return file === undefined && JSON.stringify(body).length > maxInlineBody;
}

export function snippet(language: Language, request: SnippetRequest): string {
  if (request.file !== undefined) return fileWriters[language](request.url, request.file);
  return writers[language](request, needsFile(request) ? undefined : JSON.stringify(request.body));
}

/** `json` is undefined where the body is in the file. */
type Writer = (request: SnippetRequest, json: string | undefined) => string;

const writers: Readonly<Record<Language, Writer>> = {
  curl: ({ url, needsKey: isKeyed }, json) => {
    const key = isKeyed === true ? ' -H "Authorization: Bearer $MILLRACE_KEY"' : '';
    const body = json === undefined ? `@${bodyFile}` : `'${json.replaceAll("'", String.raw`'\''`)}'`;
    return `curl -s ${url}${key} -H 'Content-Type: application/json' -d ${body}`;
  },

  powershell: ({ url, needsKey: isKeyed }, json) => {
    const key = isKeyed === true ? ' -Headers @{ Authorization = "Bearer $env:MILLRACE_KEY" }' : '';
    const body = json === undefined ? `-InFile ${bodyFile}` : `-Body '${json.replaceAll("'", "''")}'`;
    return `Invoke-RestMethod ${url} -Method Post${key} -ContentType application/json ${body} | ConvertTo-Json -Depth 8`;
  },

  python: ({ url, body, needsKey: isKeyed }, json) =>
    [
      isKeyed === true ? 'import json, os' : 'import json',
      'from urllib.request import Request, urlopen',
      '',
      json === undefined ? `body = json.load(open(${text(bodyFile)}))` : `body = ${pythonValue(body)}`,
      ...(isKeyed === true ? ['key = os.environ["MILLRACE_KEY"]'] : []),
      `headers = {"Content-Type": "application/json"${isKeyed === true ? ', "Authorization": f"Bearer {key}"' : ''}}`,
      `request = Request(${text(url)}, json.dumps(body).encode(), headers)`,
      'with urlopen(request, timeout=30) as response:',
      '    print(json.load(response))',
    ].join('\n'),

  javascript: ({ url, needsKey: isKeyed }, json) =>
    [
      ...(json === undefined ? [`import { readFile } from 'node:fs/promises';`, ''] : []),
      `const response = await fetch(${text(url)}, {`,
      `  method: 'POST',`,
      isKeyed === true
        ? "  headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${process.env.MILLRACE_KEY}` },"
        : `  headers: { 'Content-Type': 'application/json' },`,
      json === undefined ? `  body: await readFile('${bodyFile}'),` : `  body: JSON.stringify(${json}),`,
      '});',
      'console.log(await response.json());',
    ].join('\n'),

  csharp: ({ url, needsKey: isKeyed }, json) =>
    [
      'using System.Text;',
      '',
      'using var client = new HttpClient();',
      ...(isKeyed === true
        ? [
            'var key = Environment.GetEnvironmentVariable("MILLRACE_KEY");',
            'client.DefaultRequestHeaders.Authorization = new("Bearer", key);',
          ]
        : []),
      json === undefined ? `var json = File.ReadAllText("${bodyFile}");` : `var json = """\n    ${json}\n    """;`,
      'var content = new StringContent(json, Encoding.UTF8, "application/json");',
      `var response = await client.PostAsync(${text(url)}, content);`,
      'Console.WriteLine(await response.Content.ReadAsStringAsync());',
    ].join('\n'),
};

type FileWriter = (url: string, file: NonNullable<SnippetRequest['file']>) => string;

/** The bytes of the file tell what it is; the type is for those who read the code. */
const fileWriters: Readonly<Record<Language, FileWriter>> = {
  curl: (url, { fileName, type }) => `curl -s ${url} -H 'Content-Type: ${type}' --data-binary @${fileName}`,

  powershell: (url, { fileName, type }) =>
    `Invoke-RestMethod ${url} -Method Post -ContentType ${type} -InFile ${fileName} | ConvertTo-Json -Depth 8`,

  python: (url, { fileName, type }) =>
    [
      'import json',
      'from urllib.request import Request, urlopen',
      '',
      `picture = open(${text(fileName)}, "rb").read()`,
      `request = Request(${text(url)}, picture, {"Content-Type": ${text(type)}})`,
      'with urlopen(request, timeout=30) as response:',
      '    print(json.load(response))',
    ].join('\n'),

  javascript: (url, { fileName, type }) =>
    [
      `import { readFile } from 'node:fs/promises';`,
      '',
      `const response = await fetch(${text(url)}, {`,
      `  method: 'POST',`,
      `  headers: { 'Content-Type': ${text(type)} },`,
      `  body: await readFile(${text(fileName)}),`,
      '});',
      'console.log(await response.json());',
    ].join('\n'),

  csharp: (url, { fileName, type }) =>
    [
      'using System.Net.Http.Headers;',
      '',
      'using var client = new HttpClient();',
      `var content = new ByteArrayContent(File.ReadAllBytes(${text(fileName)}));`,
      `content.Headers.ContentType = new MediaTypeHeaderValue(${text(type)});`,
      `var response = await client.PostAsync(${text(url)}, content);`,
      'Console.WriteLine(await response.Content.ReadAsStringAsync());',
    ].join('\n'),
};

/** A JSON string is a string of Python, JavaScript and C# as well. */
function text(value: string): string {
  return JSON.stringify(value);
}

/** JSON with Python's words for true, false and null. */
function pythonValue(value: unknown): string {
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (value === null || value === undefined) return 'None';
  if (Array.isArray(value)) return `[${value.map(pythonValue).join(', ')}]`;
  if (typeof value === 'object') {
    return `{${Object.entries(value)
      .map(([name, member]) => `${text(name)}: ${pythonValue(member)}`)
      .join(', ')}}`;
  }
  return JSON.stringify(value);
}
