/** `millrace open`: a link that opens the interface once, and the browser that opens it. */
import type { LaunchLink } from '../protocol/admin/session-view.ts';
import { HostClient } from './host-client.ts';
import { openInBrowser } from './open-in-browser.ts';

export interface OpenFlags {
  readonly data: string;
  readonly print?: boolean;
  readonly json?: boolean;
}

export async function openCommand(flags: OpenFlags): Promise<void> {
  const client = await HostClient.find(flags.data);
  const { printed, opened } = await client.post<LaunchLink>('/launch-links', {});
  if (flags.json === true) {
    console.log(JSON.stringify({ url: printed }));
    return;
  }
  const isOpen = flags.print !== true && (await openInBrowser(opened));
  console.log(
    `${isOpen ? 'Opened in the browser. If nothing appears, open' : 'Open'} this link within the hour; it works once:\n\n  ${printed}\n`,
  );
}
