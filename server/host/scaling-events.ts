/**
 * Which decisions of the autoscaler are worth an event: every change, and every refusal that a person may ask about, once.
 *
 * A refusal is a decision that keeps the number although another is wanted: the machine's limit, a window, a rate, a missing
 * value. It stands for minutes, so it is told when it begins and not again for ten minutes, however often it flickers. Pure
 * but for what has been told.
 */
import type { ScalingDecision } from '../autoscaler/decision.ts';
import type { Observation } from '../autoscaler/observation.ts';
import type { NewHostEvent } from '../protocol/admin/host-event.ts';

const repeatMs = 600_000;
/** Kinds of refusals remembered. */
const maxTold = 64;

export class ScalingTeller {
  /** When each refusal was told last. */
  readonly #told = new Map<string, number>();
  #standing: string | undefined;

  /** The event that this decision is; undefined for most. `label` is how the model is called. */
  tell(label: string, decision: ScalingDecision, observation: Observation): Omit<NewHostEvent, 'model'> | undefined {
    const nowMs = observation.nowMs;
    const refusal = refusalOf(decision);
    const isNew = refusal !== undefined && refusal !== this.#standing;
    this.#standing = refusal;
    const isChange = decision.desired !== decision.current;
    if (!isChange && (!isNew || nowMs - (this.#told.get(refusal) ?? Number.NEGATIVE_INFINITY) < repeatMs))
      return undefined;
    if (refusal !== undefined) {
      this.#told.delete(refusal);
      this.#told.set(refusal, nowMs);
      if (this.#told.size > maxTold) this.#told.delete(this.#told.keys().next().value!);
    }
    const hint = hintOf(decision);
    return {
      kind: 'scaling',
      severity: shortOf(decision) === undefined ? 'info' : 'attention',
      sentence: `${label}: ${sentenceOf(decision, observation)}.`,
      ...(hint !== undefined && { hint }),
      facts: factsOf(decision, observation),
    };
  }
}

/** The explanation, and where the machine is what is short, what that means. */
export function sentenceOf(decision: ScalingDecision, { machine }: Observation): string {
  const { explanation } = decision;
  const short = shortOf(decision);
  if (short !== 'gain' && short !== 'cpu') return explanation;
  const isBusy = short === 'cpu' || (machine?.busyPercent ?? 0) >= 80;
  const which = decision.desired > decision.current ? 'more copies than that' : 'one more copy';
  return `${explanation}; ${which} will not help${isBusy ? ': CPU bound' : ''}`;
}

/** A name for what stands against another number; undefined where nothing does. */
function refusalOf(decision: ScalingDecision): string | undefined {
  const { cause, limitedBy, desired, wanted, limits } = decision;
  const short = shortOf(decision);
  if (short !== undefined) return `${short} at ${desired}`;
  // That nothing shrinks below the minimum needs no window to explain it.
  if (wanted < desired && desired <= limits.min) return undefined;
  if (limitedBy !== undefined && limitedBy !== 'min') return `${limitedBy} at ${desired}`;
  return cause === 'no-metrics' || cause === 'restart-hold' ? cause : undefined;
}

/** What the machine is short of, where that and not a rate or a window is what keeps the number. */
function shortOf({ limitedBy, saturatedBy }: ScalingDecision): ScalingDecision['saturatedBy'] {
  return limitedBy === 'max' ? saturatedBy : undefined;
}

function hintOf(decision: ScalingDecision): string | undefined {
  switch (shortOf(decision)) {
    case 'cpu':
    case 'gain':
      return 'Larger batches, fewer threads per copy, a smaller precision of the model or fewer programs beside it may help.';
    case 'memory':
    case 'memory-rule':
      return 'Close other programs, unload models that are not used, or use a smaller precision of the model.';
    case 'share':
      return 'Give this model a higher scaling.priority, or run fewer models on this machine.';
    default:
      return undefined;
  }
}

/** Inputs, votes and limits. */
function factsOf(decision: ScalingDecision, observation: Observation): Record<string, unknown> {
  const { current, desired, cause, wanted, limitedBy, heldBy, limits, saturatedBy, votes } = decision;
  const { ready, starting, slotsPerReplica, queuedNow, outstandingNow, signals, machine, footprint, share } =
    observation;
  return {
    from: current,
    to: desired,
    cause,
    wanted,
    ...(limitedBy !== undefined && { limitedBy }),
    ...(heldBy !== undefined && { heldBy }),
    ...(saturatedBy !== undefined && { saturatedBy }),
    limits,
    votes,
    inputs: {
      ready,
      starting,
      slotsPerReplica,
      queuedNow,
      outstandingNow,
      ...Object.fromEntries(Object.entries(signals).map(([name, measured]) => [name, rounded(measured.value)])),
      ...(machine && { machine }),
      ...(footprint && { footprint }),
      ...(share !== undefined && { share }),
    },
  };
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
