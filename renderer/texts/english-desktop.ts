/** Texts of what the desktop window adds to the page. */

export const desktopTexts = {
  'desktop.start': 'Start again',
  'desktop.lines': 'The last lines that Millrace wrote',
  'desktop.window': 'This window',
  'desktop.startAtLogin': 'Start at login',
  'desktop.startAtLoginHint': 'Millrace serves as soon as you have logged in.',
  'desktop.startHidden': 'Start in the tray',
  'desktop.startHiddenHint': 'At login no window opens.',
  'desktop.closeToTray': 'Close to the tray',
  'desktop.closeToTrayHint': 'Closing the window leaves Millrace serving; its tray menu ends it.',
  'desktop.keepAwake': 'Keep this computer awake',
  'desktop.keepAwakeHint': 'It does not go to sleep while Millrace serves. The screen may go dark.',
} as const;
