/** Answers the page's requests: those of the table, with words of the right kind, from the main frame of our own page. */
import { requests } from './channels.ts';
import type { Requests } from './channels.ts';
import type { ElectronPort } from './ports.ts';
import { isGuiUrl } from './window-policy.ts';

export type Answers = {
  readonly [Name in keyof Requests]: (
    ...words: Requests[Name]['takes']
  ) => Requests[Name]['gives'] | Promise<Requests[Name]['gives']>;
};

export function answerRequests(ipcMain: ElectronPort['ipcMain'], answers: Answers): void {
  const answer = <Name extends keyof Requests>(name: Name): void =>
    ipcMain.handle(name, ({ senderFrame }, ...words: unknown[]) => {
      const isOurs = senderFrame !== null && senderFrame.parent === null && isGuiUrl(senderFrame.url);
      if (!isOurs) throw new Error(`${name} is answered to Millrace's own page only.`);
      const parsed = requests[name](words);
      if (parsed === undefined) throw new Error(`${name} does not take these words.`);
      return answers[name](...parsed);
    });
  for (const name of Object.keys(requests)) answer(name as keyof Requests);
}
