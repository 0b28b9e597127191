/** The page at `/`: what is served here and how to call it. Plain HTML, no script, works without the GUI. */
import { createHash } from 'node:crypto';
import { curlLine, exampleRequest, powershellLine } from './examples.ts';
import type { GatewayModel } from './model-catalog.ts';

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: 0; }
h2 { font-size: 1.15rem; margin: 2rem 0 0; border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); padding-top: 1rem; }
p { margin: .4rem 0; }
pre { overflow-x: auto; padding: .7rem .9rem; border-radius: .4rem; background: color-mix(in srgb, currentColor 8%, transparent); font: .85rem/1.45 ui-monospace, monospace; }
table { border-collapse: collapse; font-size: .9rem; }
td, th { text-align: left; padding: .15rem 1rem .15rem 0; }
.state { font-size: .8rem; padding: .1rem .5rem; border-radius: 1rem; border: 1px solid currentColor; vertical-align: middle; }
`;

/** No script runs and nothing is loaded, whatever a model's name or description holds. */
export const landingPagePolicy = [
  `default-src 'none'`,
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  `base-uri 'none'`,
  `form-action 'none'`,
  `frame-ancestors 'none'`,
].join('; ');

export function renderLandingPage(models: readonly GatewayModel[], origin: string, version: string): string {
  const body =
    models.length === 0
      ? '<p>No model is served. Put one at <code>&lt;name&gt;/1/model.onnx</code> in the models folder and restart.</p>'
      : models.map((model) => renderModel(model, origin)).join('\n');
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Millrace</title><style>${style}</style></head>
<body>
<h1>Millrace</h1>
<p>Version ${escape(version)} serves ${models.length} model${models.length === 1 ? '' : 's'} here. It speaks the Open Inference Protocol
(<code>/v2</code>, as Triton and KServe clients do) and plain JSON (<code>/predict</code>). Metrics are at <a href="/metrics"><code>/metrics</code></a>,
all paths in <a href="/reference">the reference</a>.</p>
${body}
</body>
</html>
`;
}

function renderModel(model: GatewayModel, origin: string): string {
  const example = exampleRequest(model);
  const { inputs, outputs } = model.facts?.signature ?? { inputs: [], outputs: [] };
  const rows = [...inputs, ...outputs]
    .map(
      ({ name, datatype, shape }, index) =>
        `<tr><td>${index < inputs.length ? 'input' : 'output'}</td><td><code>${escape(name)}</code></td><td>${datatype}</td><td>${escape(`[${shape.map((dim) => (dim === -1 ? 'any' : dim)).join(', ')}]`)}</td></tr>`,
    )
    .join('');
  return `<section>
<h2>${escape(model.name)} <span class="state">${model.state.toLowerCase()}</span></h2>
${model.description === undefined ? '' : `<p>${escape(model.description)}</p>`}
${model.stateReason === '' ? '' : `<p>${escape(model.stateReason)}</p>`}
${rows === '' ? '' : `<table><tbody>${rows}</tbody></table>`}
${example === undefined ? '' : `<pre>${escape(curlLine(origin, example))}</pre>\n<pre>${escape(powershellLine(origin, example))}</pre>`}
</section>`;
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
