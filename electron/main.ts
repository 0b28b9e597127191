/** Entry of the desktop program: the only file that imports Electron to use it. */
import electron from 'electron';
import { startShell } from './shell.ts';

startShell(electron, process);
