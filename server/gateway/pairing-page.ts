/**
 * The page that a device opens when it has scanned a code: it says its name, shows the number that the person at the PC is asked
 * about, and then its key. One script, which is allowed by its hash; the code is in the address's fragment, which no server sees.
 */
import { createHash } from 'node:crypto';

const style = `
:root { color-scheme: light dark; font: 17px/1.5 system-ui, sans-serif; }
body { max-width: 30rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; }
label { display: block; margin: 1rem 0 .3rem; }
input, button { font: inherit; padding: .6rem .8rem; border-radius: .4rem; border: 1px solid #888; width: 100%; box-sizing: border-box; }
button { margin-top: 1rem; background: #0b7a75; color: #fff; border: 0; }
.number { font-size: 2.6rem; letter-spacing: .3rem; text-align: center; margin: 1rem 0; font-variant-numeric: tabular-nums; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: .7rem .9rem; border-radius: .4rem; background: color-mix(in srgb, currentColor 8%, transparent); }
[hidden] { display: none; }
`;

const script = `
const part = (id) => document.getElementById(id);
const show = (id) => { for (const each of document.querySelectorAll('[data-step]')) each.hidden = each.id !== id; };
const code = new URLSearchParams(location.hash.slice(1)).get('c');
history.replaceState(null, '', location.pathname);
const ask = async (path, body) => {
  const response = await fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
};
const fail = (error) => { part('why').textContent = error.message; show('failed'); };
const wait = async ({ id, secret }) => {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const { state, key } = await ask('/pair/key', { id, secret });
    if (state === 'done' && key) {
      part('key').textContent = key;
      part('url').textContent = location.origin;
      part('env').textContent = 'MILLRACE_URL=' + location.origin + '\\nMILLRACE_KEY=' + key;
      show('done');
      return;
    }
    if (state !== 'claimed' && state !== 'confirmed') throw new Error(state === 'declined' ? 'It was declined.' : 'The time has passed. Begin anew at the PC.');
  }
};
if (!code) fail(new Error('This address has no code. Scan the one that Millrace shows on the PC.'));
else show('name');
part('form').addEventListener('submit', (event) => {
  event.preventDefault();
  ask('/pair/claim', { code, name: part('device').value }).then((claim) => {
    part('number').textContent = claim.number;
    show('waiting');
    return wait(claim);
  }).catch(fail);
});
part('copy').addEventListener('click', () => {
  const range = document.createRange();
  range.selectNodeContents(part('key'));
  getSelection().removeAllRanges();
  getSelection().addRange(range);
  if (navigator.clipboard) void navigator.clipboard.writeText(part('key').textContent);
  else document.execCommand('copy');
  part('copy').textContent = 'Copied';
});
`;

const hashed = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

export const pairingPagePolicy = [
  `default-src 'none'`,
  `script-src ${hashed(script)}`,
  `style-src ${hashed(style)}`,
  `connect-src 'self'`,
  `base-uri 'none'`,
  `form-action 'none'`,
  `frame-ancestors 'none'`,
].join('; ');

/** `hasAuthority`: there is a certificate to install. */
export function pairingPage(hasAuthority: boolean): string {
  const certificate = hasAuthority
    ? `<p>This address is encrypted with a certificate of that PC. Install it, so that programs here trust it:
<a href="/authority.pem" download="millrace-authority.pem">millrace-authority.pem</a></p>`
    : '';
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Pair with Millrace</title><style>${style}</style></head>
<body>
<h1>Pair this device with Millrace</h1>
<section id="name" data-step hidden>
<form id="form"><label for="device">What is this device called?</label><input id="device" name="device" maxlength="40" required autocomplete="off">
<button>Ask for a key</button></form>
</section>
<section id="waiting" data-step hidden aria-live="polite">
<p>At the PC, confirm the device with this number:</p><p class="number" id="number"></p>
</section>
<section id="done" data-step hidden aria-live="polite">
<p>This is the key of this device. It is shown once.</p><pre id="key"></pre><button id="copy" type="button">Copy the key</button>
<p>It calls <code id="url"></code>. For a settings file:</p><pre id="env"></pre>${certificate}
</section>
<section id="failed" data-step hidden role="alert"><p id="why"></p></section>
<noscript><p>This page needs its script to fetch the key.</p></noscript>
<script>${script}</script>
</body>
</html>
`;
}
