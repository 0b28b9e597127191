/** The English texts, all of them: each part of the GUI has its file in this folder. */
import { answerTexts } from './english-answer.ts';
import { connectTexts } from './english-connect.ts';
import { desktopTexts } from './english-desktop.ts';
import { frameTexts } from './english-frame.ts';
import { homeTexts } from './english-home.ts';
import { loadTexts } from './english-load.ts';
import { modelTexts } from './english-model.ts';
import { monitorTexts } from './english-monitor.ts';
import { networkTexts } from './english-network.ts';
import { settingsTexts } from './english-settings.ts';
import { tryTexts } from './english-try.ts';

export const english = {
  ...frameTexts,
  ...homeTexts,
  ...modelTexts,
  ...tryTexts,
  ...answerTexts,
  ...connectTexts,
  ...networkTexts,
  ...monitorTexts,
  ...loadTexts,
  ...settingsTexts,
  ...desktopTexts,
};
