/**
 * Keeps the desired number of replicas of one model version running: starts, restarts after deaths, gives up on a model that
 * cannot run, stops in order.
 *
 * Replicas have stable slot names (`iris/1#0`), which outlive processes. When and whether to restart is restart-policy.ts;
 * where calls go is none of its business.
 */
import type { MillraceError } from '../base/errors.ts';
import { Replica } from './replica.ts';
import type { ReplicaCall, ReplicaEvents, ReplicaExit } from './replica.ts';
import { describeEnd, describeGivingUp, deathReason } from './replica-exit-words.ts';
import type { ReplicaSetOptions } from './replica-set-options.ts';
import { decideRestart, newSet, newSlot } from './restart-policy.ts';
import type { SetHistory, SlotHistory } from './restart-policy.ts';
import type { ReplicaProcess } from './spawn.ts';
import { chooseVictims } from './victims.ts';

export interface ReplicaSetEvents<C extends ReplicaCall> extends Omit<ReplicaEvents<C>, 'onExit'> {
  /** The process has gone and its slot is empty until a new one is ready. */
  onGone(replica: Replica<C>): void;
  /** No replica will come back by itself; `undefined` when a new attempt begins. */
  onGivenUp(reason: MillraceError | undefined): void;
}

const endedByOrder = 'ended on request';

/** A replica that is not ready by then is killed, milliseconds; at least four times the last measured start. */
const minStartDeadlineMs = 30_000;
const maxStartDeadlineMs = 600_000;

interface Slot<C extends ReplicaCall> {
  readonly name: string;
  /** Kept loaded without requests, until one more is wanted or one that serves dies. */
  isSpare: boolean;
  history: SlotHistory;
  replica: Replica<C> | undefined;
  timer: NodeJS.Timeout | undefined;
  /** Processes that it had before the present one, restarts on request included. */
  restarts: number;
  /** How the last of them ended. */
  lastExit: string | undefined;
}

export class ReplicaSet<C extends ReplicaCall> {
  readonly #options: ReplicaSetOptions;
  readonly #events: ReplicaSetEvents<C>;
  readonly #slots: Slot<C>[] = [];
  /** Without a slot any more, and their processes are still there. */
  readonly #leaving = new Set<Replica<C>>();
  /** Of a slot that is restarted: the replica that serves until its successor is ready. Each is one of `#leaving` as well. */
  readonly #outgoing = new Map<Slot<C>, Replica<C>>();
  #history: SetHistory = newSet;
  #answered = 0;
  #answeredAtLastExit = 0;
  #restarts = 0;
  #lastStartMs = 0;
  #givenUp: MillraceError | undefined;
  #lastStderr: readonly string[] = [];
  #stopped = false;
  #onAllGone: (() => void) | undefined;

  constructor(options: ReplicaSetOptions, events: ReplicaSetEvents<C>) {
    this.#options = options;
    this.#events = events;
  }

  get replicas(): readonly Replica<C>[] {
    return this.#slots.flatMap((slot) => (slot.replica === undefined ? [] : [slot.replica]));
  }

  /** Told to stop because fewer are wanted, or to be replaced; they answer what they have and end. */
  get leaving(): readonly Replica<C>[] {
    return [...this.#leaving];
  }

  /** Replicas that should take requests; a spare is none of them. */
  get desired(): number {
    return this.#serving.length;
  }

  get ready(): number {
    return this.#serving.filter(({ replica }) => replica?.state === 'ready').length;
  }

  /** Processes that are held back, ready or not. */
  get spares(): readonly Replica<C>[] {
    return this.#slots.flatMap(({ isSpare, replica }) => (isSpare && replica !== undefined ? [replica] : []));
  }

  /** Unrequested restarts since the set was made. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Why no replica will come back by itself. */
  get givenUp(): MillraceError | undefined {
    return this.#givenUp;
  }

  /** A slot of this name is wanted, whether or not its process is there. */
  has(name: string): boolean {
    return this.#slots.some((slot) => slot.name === name);
  }

  /** The last lines that the last replica wrote before it died; empty while none has died. */
  get lastStderr(): readonly string[] {
    return this.#lastStderr;
  }

  /**
   * Starts or stops replicas until `count` are there for requests, and `spares` beside them. Returns at once. A spare that is
   * loaded takes requests before another is started; those stop whose end costs least, see victims.ts.
   */
  setDesired(count: number, spares = 0): void {
    for (const spare of this.#spareSlots().slice(0, Math.max(0, count - this.desired))) this.#promote(spare);
    this.#end(this.#serving, this.desired - count);
    this.#end(this.#spareSlots(), this.#spareSlots().length - spares);
    while (this.desired < count) this.#addSlot(false);
    while (this.#slots.length < count + spares) this.#addSlot(true);
  }

  /** After a crash loop: forgets it, so that replicas are started again. */
  forgive(): void {
    if (this.#givenUp === undefined || this.#stopped) return;
    this.#givenUp = undefined;
    this.#history = newSet;
    this.#events.onGivenUp(undefined);
    for (const slot of this.#slots) {
      slot.history = newSlot;
      if (slot.replica === undefined) this.#start(slot);
    }
  }

  /**
   * Puts a new process in the place of a replica. `isBeside`: the old one serves until the new one is ready, and both are in
   * memory for a moment; else the old one ends first. Returns the old one; undefined where no replica has this name.
   */
  restart(name: string, isBeside: boolean): Replica<C> | undefined {
    const slot = this.#slots.find((each) => each.name === name && each.replica !== undefined);
    if (slot === undefined || this.#stopped || this.#givenUp !== undefined) return undefined;
    const before = slot.replica!;
    if (!isBeside || before.state !== 'ready' || this.#outgoing.has(slot)) {
      before.stop();
      return before;
    }
    slot.replica = undefined;
    slot.restarts++;
    slot.lastExit = endedByOrder;
    this.#leaving.add(before);
    this.#outgoing.set(slot, before);
    this.#start(slot);
    return before;
  }

  /** Judges every replica's present run; see hung-run.ts. Called regularly by the owner. */
  check(nowMs: number): void {
    for (const replica of [...this.replicas, ...this.#leaving]) replica.check(nowMs);
  }

  /** Lets what is in flight finish and resolves when every process has gone. No replica is started any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onAllGone = resolve;
    for (const slot of this.#slots) this.#stopSlot(slot);
    this.#resolveIfGone();
    await this.#options.devices.stop();
    await promise;
  }

  /** Ends all processes at once; `stop` then resolves soon. */
  kill(): void {
    for (const replica of [...this.replicas, ...this.#leaving]) replica.kill();
  }

  get #serving(): readonly Slot<C>[] {
    return this.#slots.filter(({ isSpare }) => !isSpare);
  }

  /** Loaded ones first. */
  #spareSlots(): readonly Slot<C>[] {
    const isReady = ({ replica }: Slot<C>): number => Number(replica?.state === 'ready');
    return this.#slots.filter(({ isSpare }) => isSpare).toSorted((a, b) => isReady(b) - isReady(a));
  }

  #addSlot(isSpare: boolean): void {
    const taken = new Set(this.#slots.map(({ name }) => name));
    let number = 0;
    while (taken.has(`${this.#options.name}#${number}`)) number++;
    const slot: Slot<C> = {
      name: `${this.#options.name}#${number}`,
      isSpare,
      history: newSlot,
      replica: undefined,
      timer: undefined,
      restarts: 0,
      lastExit: undefined,
    };
    this.#slots.push(slot);
    this.#start(slot);
  }

  #promote(slot: Slot<C>): void {
    slot.isSpare = false;
    if (slot.replica?.state === 'ready') this.#events.onReady(slot.replica);
  }

  #end(slots: readonly Slot<C>[], count: number): void {
    const victims = chooseVictims(
      slots.map((slot) => ({
        slot,
        isServing: !slot.isSpare,
        isStarting: slot.replica?.state !== 'ready',
        isEjected: slot.replica?.state === 'ready' && !slot.replica.available,
        inFlight: slot.replica?.inFlight ?? 0,
        startedMs: slot.replica?.startedMs ?? Number.POSITIVE_INFINITY,
      })),
      count,
    );
    for (const { slot } of victims) {
      this.#slots.splice(this.#slots.indexOf(slot), 1);
      if (slot.replica !== undefined) this.#leaving.add(slot.replica);
      this.#stopSlot(slot);
    }
  }

  #stopSlot(slot: Slot<C>): void {
    clearTimeout(slot.timer);
    slot.replica?.stop();
    this.#endOutgoing(slot);
  }

  #endOutgoing(slot: Slot<C>): void {
    this.#outgoing.get(slot)?.stop();
    this.#outgoing.delete(slot);
  }

  #start(slot: Slot<C>): void {
    const preparation = this.#options.devices.prepare();
    if (preparation === undefined) this.#startNow(slot);
    else void preparation.then(() => this.#startNow(slot));
  }

  #startNow(slot: Slot<C>): void {
    this.#options.gate.enter((leave) => {
      if (this.#stopped || this.#givenUp !== undefined || !this.#slots.includes(slot)) {
        leave();
        return;
      }
      let process: ReplicaProcess;
      try {
        process = this.#options.spawn();
      } catch (error) {
        leave();
        this.#options.log('error', `The operating system did not start a process for ${slot.name}.`, { error });
        slot.timer = setTimeout(() => this.#start(slot), 1000);
        return;
      }
      const replica = new Replica<C>(
        { name: slot.name, weight: this.#options.weight, restarts: slot.restarts, lastExit: slot.lastExit },
        process,
        { ...this.#options.load, device: this.#options.devices.assign(slot.name) },
        {
          ...this.#events,
          onReady: (ready) => {
            leave();
            clearTimeout(slot.timer);
            this.#lastStartMs = performance.now() - ready.startedMs;
            const startMs = Math.round(this.#lastStartMs);
            this.#tell('info', `${slot.name} is ready after ${startMs} ms.`, { pid: ready.pid, startMs });
            this.#endOutgoing(slot);
            if (!slot.isSpare) this.#events.onReady(ready);
          },
          onResult: (from, call, head, body) => {
            this.#answered++;
            this.#events.onResult(from, call, head, body);
          },
          onFailure: (from, call, error) => {
            this.#answered++;
            this.#events.onFailure(from, call, error);
          },
          onExit: (gone, exit) => {
            leave();
            this.#onExit(slot, gone, exit);
          },
        },
        (line) => this.#options.log('warn', `${slot.name}: ${line}`, {}),
      );
      slot.replica = replica;
      const deadlineMs = Math.min(maxStartDeadlineMs, Math.max(minStartDeadlineMs, 4 * this.#lastStartMs));
      slot.timer = setTimeout(() => {
        this.#tell('error', `${slot.name} was not ready within ${deadlineMs} ms and is ended.`, { deadlineMs });
        replica.kill();
      }, deadlineMs);
    });
  }

  #onExit(slot: Slot<C>, replica: Replica<C>, exit: ReplicaExit): void {
    const wasLeaving = this.#leaving.delete(replica);
    if (this.#outgoing.get(slot) === replica) this.#outgoing.delete(slot);
    if (slot.replica === replica) {
      clearTimeout(slot.timer);
      slot.replica = undefined;
    }
    this.#events.onGone(replica);
    if (wasLeaving && this.#slots.includes(slot)) {
      // Its successor has the slot, and with it the device.
      this.#resolveIfGone();
      return;
    }
    const wasReady = exit.readyAtMs !== undefined;
    const death = { atMs: performance.now(), wasReady, reason: deathReason(exit) };
    const isElsewhere = !exit.requested && this.#options.devices.onDied(slot.name, death);
    this.#options.devices.release(slot.name);
    this.#resolveIfGone();
    if (this.#stopped || !this.#slots.includes(slot)) return;
    const spare = slot.isSpare ? undefined : this.#spareSlots().find((other) => other.replica?.state === 'ready');
    if (spare !== undefined) {
      slot.isSpare = true;
      this.#promote(spare);
    }
    this.#lastStderr = exit.stderr;
    slot.restarts++;
    slot.lastExit = exit.requested ? endedByOrder : describeEnd(exit);
    if (this.#givenUp !== undefined) return;
    if (isElsewhere) {
      // What happened there says nothing about the place where it goes.
      this.#history = newSet;
      slot.history = newSlot;
      if (wasReady) this.#restarts++;
      this.#start(slot);
      return;
    }
    const decision = decideRestart(
      slot.history,
      this.#history,
      {
        nowMs: performance.now(),
        readyAtMs: exit.readyAtMs,
        answered: exit.answered,
        answeredBySet: this.#answered - this.#answeredAtLastExit,
        requested: exit.requested,
      },
      Math.random,
    );
    this.#answeredAtLastExit = this.#answered;
    slot.history = decision.slot;
    this.#history = decision.set;
    if (decision.verdict.action === 'crash-loop') {
      this.#giveUp(describeGivingUp(this.#options.name, decision.verdict.reason, exit), exit);
      return;
    }
    const delayMs = decision.verdict.action === 'restart' ? decision.verdict.delayMs : 0;
    if (!exit.requested) this.#restarts++;
    this.#tell(
      exit.requested ? 'info' : 'warn',
      `${slot.name} ended (${slot.lastExit}); a new process starts in ${Math.round(delayMs)} ms.`,
      {
        pid: replica.pid,
        ended: slot.lastExit,
        answered: exit.answered,
        restarts: this.#restarts,
        ...(exit.loadError !== undefined && { loadError: exit.loadError.message }),
      },
    );
    if (delayMs === 0) this.#start(slot);
    else slot.timer = setTimeout(() => this.#start(slot), delayMs);
  }

  #giveUp(reason: MillraceError, exit: ReplicaExit): void {
    this.#givenUp = reason;
    this.#tell('error', reason.message, { restarts: this.#restarts }, reason.hint);
    this.#options.log('error', 'Its last lines:', { stderr: exit.stderr });
    for (const slot of this.#slots) this.#stopSlot(slot);
    this.#events.onGivenUp(reason);
  }

  /** To the log, and to whoever keeps events. */
  #tell(
    level: 'info' | 'warn' | 'error',
    sentence: string,
    facts: Readonly<Record<string, unknown>>,
    hint?: string,
  ): void {
    this.#options.log(level, sentence, facts);
    const severity = level === 'info' ? 'info' : level === 'warn' ? 'attention' : 'failure';
    this.#options.onEvent({ kind: 'replica', severity, sentence, facts, ...(hint !== undefined && { hint }) });
  }

  #resolveIfGone(): void {
    if (this.#leaving.size === 0 && this.#slots.every((slot) => slot.replica === undefined)) this.#onAllGone?.();
  }
}
