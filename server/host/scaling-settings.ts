/**
 * How one model is scaled, from what its owner and the operator wrote: the policy, or a fixed number.
 *
 * `replicas` fixes the number, in the model's millrace.json before `defaults.replicas`. Where neither is written the autoscaler
 * decides. Fields of `scaling` in millrace.json count before those of `defaults.scaling`, by the rule by which policies go over
 * presets: `up`, `down`, `ceilings` and `gain` field by field, the rest as a whole.
 */
import { MillraceError } from '../base/errors.ts';
import { parsePolicy } from '../autoscaler/policy.ts';
import type { Policy } from '../autoscaler/policy.ts';

export interface ScalingSettings {
  readonly policy: Policy;
  /** A number that no rule changes; undefined where the autoscaler decides. */
  readonly fixed: number | undefined;
  /** Where models share a machine, higher ones are served first beyond everybody's minimum. Default 0. */
  readonly priority: number;
  /** One more replica is kept loaded and without requests, so that growth is a switch. Default false: it costs its memory. */
  readonly warmSpare: boolean;
}

export interface WrittenScaling {
  /** `defaults` of the host's settings. */
  readonly defaults: { readonly replicas?: number | undefined; readonly scaling: Readonly<Record<string, unknown>> };
  /** The model's millrace.json; undefined for the defaults alone. */
  readonly manifest:
    | { readonly replicas?: number | undefined; readonly scaling?: Readonly<Record<string, unknown>> | undefined }
    | undefined;
  /** Names the source of the model's settings in messages: `iris/millrace.json`. */
  readonly where: string;
}

const sections = ['up', 'down', 'ceilings', 'gain'];

/** Errors: `invalid-config`, naming each wrong field. */
export function parseScaling({ defaults, manifest, where }: WrittenScaling): ScalingSettings {
  const own = manifest?.scaling ?? {};
  if (manifest?.replicas !== undefined && ('min' in own || 'max' in own)) {
    throw new MillraceError(
      'invalid-config',
      `${where} has "replicas", which fixes the number, and "scaling.min" or "scaling.max", which let it change.`,
      { hint: 'Remove one of them.' },
    );
  }
  const { priority = 0, warmSpare = false, ...policy } = over(defaults.scaling, own);
  const faults = [
    ...(Number.isInteger(priority) && Math.abs(priority as number) <= 1000
      ? []
      : ['priority must be a whole number from -1000 to 1000']),
    ...(typeof warmSpare === 'boolean' ? [] : ['warmSpare must be true or false']),
  ];
  if (faults.length > 0) {
    throw new MillraceError('invalid-config', `${where} cannot be used: scaling.${faults.join('; scaling.')}.`, {
      details: { where, faults },
      hint: 'Correct these settings; docs/autoscaling.md lists all of them.',
    });
  }
  const isOwnRange = 'min' in own || 'max' in own;
  return {
    policy: parsePolicy(policy, `${where}: scaling`),
    fixed: manifest?.replicas ?? (isOwnRange ? undefined : defaults.replicas),
    priority: priority as number,
    warmSpare: warmSpare as boolean,
  };
}

function over(
  defaults: Readonly<Record<string, unknown>>,
  own: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...defaults, ...own };
  for (const section of sections) {
    const [usual, given] = [defaults[section], own[section]];
    if (isRecord(usual) && isRecord(given)) merged[section] = { ...usual, ...given };
  }
  return merged;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
