/** The words, colors and icons of states. A state is always all three, so that nobody depends on color. */
import {
  CircleCheck,
  CircleDashed,
  CircleDot,
  CircleSlash,
  CircleX,
  Clock,
  LoaderCircle,
  Pause,
  TriangleAlert,
} from 'lucide-react';
import type { LucideIcon } from 'lucide-react';
import type { Finding } from '../../server/protocol/admin/doctor-view.ts';
import type { HostEvent } from '../../server/protocol/admin/host-event.ts';
import type { ModelView, ReplicaView } from '../../server/protocol/admin/host-view.ts';
import type { JobView } from '../../server/protocol/admin/job-view.ts';
import type { TextKey } from '../texts/t.ts';

export type Tone = 'running' | 'good' | 'attention' | 'action' | 'off';

export interface StateWord {
  readonly tone: Tone;
  readonly icon: LucideIcon;
  readonly word: TextKey & `state.${string}`;
}

export const modelStateWords: Readonly<Record<ModelView['state'], StateWord>> = {
  READY: { tone: 'running', icon: CircleDot, word: 'state.ready' },
  LOADING: { tone: 'running', icon: LoaderCircle, word: 'state.loading' },
  UNLOADING: { tone: 'off', icon: Clock, word: 'state.unloading' },
  UNAVAILABLE: { tone: 'action', icon: CircleX, word: 'state.failed' },
  IDLE: { tone: 'off', icon: Pause, word: 'state.idle' },
};

export const copyStateWords: Readonly<Record<ReplicaView['state'], StateWord>> = {
  starting: { tone: 'running', icon: LoaderCircle, word: 'state.starting' },
  ready: { tone: 'running', icon: CircleDot, word: 'state.ready' },
  draining: { tone: 'off', icon: CircleDashed, word: 'state.draining' },
  drained: { tone: 'attention', icon: Pause, word: 'state.drained' },
  ejected: { tone: 'attention', icon: TriangleAlert, word: 'state.ejected' },
};

export const jobStateWords: Readonly<Record<JobView['state'], StateWord>> = {
  running: { tone: 'running', icon: LoaderCircle, word: 'state.running' },
  done: { tone: 'good', icon: CircleCheck, word: 'state.done' },
  failed: { tone: 'action', icon: CircleX, word: 'state.failed' },
  canceled: { tone: 'off', icon: CircleSlash, word: 'state.canceled' },
};

export const severityWords: Readonly<Record<HostEvent['severity'], StateWord>> = {
  info: { tone: 'off', icon: CircleDot, word: 'state.info' },
  attention: { tone: 'attention', icon: TriangleAlert, word: 'state.attention' },
  failure: { tone: 'action', icon: CircleX, word: 'state.failure' },
};

export const findingStateWords: Readonly<Record<Finding['state'], StateWord>> = {
  good: { tone: 'good', icon: CircleCheck, word: 'state.good' },
  attention: { tone: 'attention', icon: TriangleAlert, word: 'state.look' },
  failed: { tone: 'action', icon: CircleX, word: 'state.wrong' },
  unknown: { tone: 'off', icon: CircleDashed, word: 'state.unknown' },
};
