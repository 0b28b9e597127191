/** The sentence at the top of Home, and what needs attention. Pure. */
import type { HostView } from '../../../server/protocol/admin/host-view.ts';
import { timeText } from '../../format/format.ts';
import { t } from '../../texts/t.ts';

export interface AttentionItem {
  readonly key: string;
  readonly tone: 'attention' | 'action';
  readonly title: string;
  readonly hint: string;
  /** Set where it is about a model. */
  readonly model: string | undefined;
}

/** Share of failed requests from which a model needs a look. */
const failureShare = 0.01;

export function attentionItems(host: HostView): AttentionItem[] {
  const failed = host.models
    .filter(({ state }) => state === 'UNAVAILABLE')
    .map(({ name, reason }) => ({
      key: `model ${name}`,
      tone: 'action' as const,
      title: t('attention.failed', { model: name }),
      hint: reason,
      model: name,
    }));
  const erring = host.models
    .filter(({ traffic }) => traffic.failuresPerSecond > traffic.requestsPerSecond * failureShare)
    .map(({ name, traffic }) => ({
      key: `errors ${name}`,
      tone: 'attention' as const,
      title: t('attention.erring', { model: name }),
      hint: t('attention.erringHint', {
        share: ((traffic.failuresPerSecond / traffic.requestsPerSecond) * 100).toFixed(0),
      }),
      model: name,
    }));
  const problems = host.problems.map(({ subject, message, hint }) => ({
    key: `problem ${subject} ${message}`,
    tone: 'attention' as const,
    title: `${subject}: ${message}`,
    hint,
    model: undefined,
  }));
  return [...failed, ...erring, ...problems];
}

export function homeSentence(host: HostView, attentionCount: number, nowMs: number): string {
  return `${servingPart(host)}. ${attentionCount === 0 ? t('home.good', { time: timeText(host.startedAt, nowMs) }) : t('home.attention', { count: attentionCount })}`;
}

function servingPart({ models }: HostView): string {
  const count = models.length;
  const ready = models.filter(({ state }) => state === 'READY' || state === 'IDLE').length;
  if (count === 0) return t('home.none');
  if (ready === count) return t('home.serving', { count });
  if (models.every(({ state }) => state === 'LOADING')) return t('home.loading');
  return t('home.servingPart', { ready, count });
}
