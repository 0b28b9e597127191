/** What a person fills in for a load test, what is wrong with it, and the order that it makes. Pure. */
import type { LoadPlanInput } from '../../../server/protocol/admin/load-plan.ts';

export const loadKinds = ['closed', 'open', 'search'] as const;
export type LoadKind = (typeof loadKinds)[number];

export interface LoadDraft {
  readonly kind: LoadKind;
  readonly connections: string;
  readonly rateFrom: string;
  readonly rateTo: string;
  readonly percentile: '50' | '95' | '99' | '99.9';
  readonly limitMs: string;
  readonly seconds: string;
  readonly rows: string;
  /** Takes saved answers where there are any. */
  readonly isCached: boolean;
}

/** Seconds that a test takes without being asked: long enough for a percentile, short enough to wait for. */
export const emptyLoadDraft: LoadDraft = {
  kind: 'closed',
  connections: '8',
  rateFrom: '20',
  rateTo: '200',
  percentile: '99',
  limitMs: '50',
  seconds: '15',
  rows: '1',
  isCached: false,
};

/** As the host bounds them; see load-plan.ts of the protocol. */
const bounds = {
  connections: [1, 4096],
  rateFrom: [0.1, 200_000],
  rateTo: [0.1, 200_000],
  limitMs: [0.1, 600_000],
  seconds: [1, 3600],
  rows: [1, 4096],
} as const;
export type LoadField = keyof typeof bounds;

const fieldsOf: Readonly<Record<LoadKind, readonly LoadField[]>> = {
  closed: ['connections', 'seconds', 'rows'],
  open: ['rateFrom', 'rateTo', 'seconds', 'rows'],
  search: ['limitMs', 'seconds', 'rows'],
};

const wholeFields: ReadonlySet<LoadField> = new Set(['connections', 'seconds', 'rows']);

export interface LoadFault {
  readonly field: LoadField;
  readonly min: number;
  readonly max: number;
}

export function loadFaults(draft: LoadDraft): LoadFault[] {
  return fieldsOf[draft.kind].flatMap((field) => {
    const [min, max] = bounds[field];
    const value = numberOf(draft[field]);
    const isGood = value >= min && value <= max && (!wholeFields.has(field) || Number.isInteger(value));
    return isGood ? [] : [{ field, min, max }];
  });
}

/** The body of the order, for a draft without faults. The address is the host's own. */
export function loadOrder(model: string, draft: LoadDraft): Omit<LoadPlanInput, 'url'> {
  const durationMs = numberOf(draft.seconds) * 1000;
  const { rows, isCached } = draft;
  return {
    model,
    drive: driveOf(draft, durationMs),
    ...(numberOf(rows) > 1 && { rows: numberOf(rows) }),
    ...(isCached && { savedAnswers: true }),
  };
}

/** The same from a shell. */
export function loadCommand(model: string, draft: LoadDraft): string {
  const { kind, connections, rateFrom, rateTo, percentile, limitMs, seconds, rows, isCached } = draft;
  const drive =
    kind === 'closed'
      ? `--connections ${connections}`
      : kind === 'open'
        ? `--rate ${rateFrom === rateTo ? rateFrom : `${rateFrom}..${rateTo}`}`
        : `--slo p${percentile}=${limitMs}ms`;
  const more = `${numberOf(rows) > 1 ? ` --rows ${rows}` : ''}${isCached ? ' --cached' : ''}`;
  return `npx millrace bench ${model} ${drive} --duration ${seconds}s${more}`;
}

function driveOf(draft: LoadDraft, durationMs: number): LoadPlanInput['drive'] {
  switch (draft.kind) {
    case 'closed': {
      const connections = numberOf(draft.connections);
      return { kind: 'closed', connections: [{ from: connections, to: connections, durationMs }] };
    }
    case 'open':
      return {
        kind: 'open',
        perSecond: [{ from: numberOf(draft.rateFrom), to: numberOf(draft.rateTo), durationMs }],
      };
    case 'search':
      return {
        kind: 'search',
        percentile: Number(draft.percentile),
        limitMs: numberOf(draft.limitMs),
        probeMs: durationMs,
      };
  }
}

function numberOf(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text.trim().replace(',', '.'));
}
