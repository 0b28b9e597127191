/** Whether the host serves, in one state word. Pure. */
import { CircleDashed, CircleDot, CircleX, LoaderCircle, TriangleAlert } from 'lucide-react';
import type { HostView } from '../../server/protocol/admin/host-view.ts';
import type { StateWord } from '../components/state-words.ts';
import type { Connection } from '../live/live-state.ts';

export function servingState(connection: Connection, host: HostView | undefined): StateWord {
  if (connection === 'gone') return { tone: 'action', icon: CircleX, word: 'state.gone' };
  if (connection === 'signed-out') return { tone: 'attention', icon: TriangleAlert, word: 'state.signedOut' };
  if (connection === 'connecting' || host === undefined)
    return { tone: 'running', icon: LoaderCircle, word: 'state.connecting' };
  if (host.models.length === 0) return { tone: 'off', icon: CircleDashed, word: 'state.noModels' };
  if (host.models.some(({ state }) => state === 'UNAVAILABLE'))
    return { tone: 'attention', icon: TriangleAlert, word: 'state.servingPart' };
  if (host.models.every(({ state }) => state === 'LOADING'))
    return { tone: 'running', icon: LoaderCircle, word: 'state.loading' };
  return { tone: 'running', icon: CircleDot, word: 'state.serving' };
}
