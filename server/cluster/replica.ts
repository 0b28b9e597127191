/**
 * The host's side of one replica process: its life from spawn to exit, and the calls that are in flight to it.
 *
 *   starting ──loaded──► ready ──stop()──► draining ──► exited        any state ──process ends──► exited
 *
 * It owns its in-flight calls and reports each exactly once. It decides nothing about where a call goes next and nothing
 * about whether a new process is started; those are the dispatcher's and the replica set's.
 */
import { MillraceError } from '../base/errors.ts';
import { cpuDevice, deviceName } from '../protocol/device.ts';
import { decodeResultHead, encodeCallHead, fromErrorBody } from '../protocol/control.ts';
import type { CallKind, ErrorBody, LoadCommand, LoadedReport, MemoryReport, ResultHead } from '../protocol/control.ts';
import { FrameChannel } from '../protocol/frame-channel.ts';
import { frameTypes, joined } from '../protocol/frames.ts';
import type { Frame } from '../protocol/frames.ts';
import { CallsInFlight } from './calls-in-flight.ts';
import type { PredictForm } from '../protocol/predict-form.ts';
import { judgeRun } from './hung-run.ts';
import { RunningMedian } from './running-median.ts';
import type { ReplicaProcess } from './spawn.ts';
import { StderrTail } from './stderr-tail.ts';

/** What a replica needs to know of a call. */
export interface ReplicaCall {
  readonly request: {
    readonly kind: CallKind;
    /** Of a `predict` body. Default JSON. */
    readonly form?: PredictForm | undefined;
    /** In the pieces in which it arrived. */
    readonly body: readonly Buffer[];
    readonly bodyBytes: number;
    readonly jsonLength: number | undefined;
    /** The outputs are to follow the answer, for the cache. Default false. */
    readonly wantsOutputs?: boolean | undefined;
    readonly receivedMs: number;
    readonly deadlineMs: number;
  };
}

export interface ReplicaEvents<C extends ReplicaCall> {
  onReady(replica: Replica<C>): void;
  onResult(replica: Replica<C>, call: C, head: ResultHead, body: readonly Buffer[]): void;
  onFailure(replica: Replica<C>, call: C, error: MillraceError): void;
  /** The process is gone. `running` may have caused it; `waiting` had certainly not begun. */
  onLost(replica: Replica<C>, running: readonly C[], waiting: readonly C[]): void;
  /** Calls that had not begun, taken back because the run before them takes unusually long. */
  onGivenBack(replica: Replica<C>, calls: readonly C[]): void;
  onCapacity(replica: Replica<C>): void;
  /** After onLost, once, with what is known about the end. */
  onExit(replica: Replica<C>, exit: ReplicaExit): void;
}

export interface ReplicaExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Monotonic milliseconds; undefined where it never became ready. */
  readonly readyAtMs: number | undefined;
  /** Calls answered since it became ready. */
  readonly answered: number;
  /** Millrace asked for it. A kill because of a hung run is not a request. */
  readonly requested: boolean;
  readonly loadError: MillraceError | undefined;
  readonly stderr: readonly string[];
}

export type ReplicaState = 'starting' | 'ready' | 'draining' | 'exited';

/** Runs shorter than this are hidden behind the next batch, so one is sent ahead; longer ones keep late binding exact. */
const sendAheadBelowMs = 50;

/** Bytes in flight to one replica, unless it is idle: what it cannot run at once is better off in the central queue. */
const maxBytesInFlight = 8 * 1024 * 1024;

/** Between "nothing in flight" and a forced end when a replica was told to stop, milliseconds. */
const stopGraceMs = 5000;

export class Replica<C extends ReplicaCall> {
  /** Stable name of the slot, e.g. `iris/1#0`. */
  readonly name: string;
  readonly weight: number;
  /** `cpu`, `cuda:0`, … */
  readonly device: string;
  readonly pid: number;
  readonly startedMs: number;
  /** Processes before this one in its slot, and how the last of them ended. */
  readonly restarts: number;
  readonly lastExit: string | undefined;
  state: ReplicaState = 'starting';
  report: LoadedReport | undefined;
  rssBytes = 0;
  /** CPU time of the process as it reported it last, and when that arrived. */
  cpu: { readonly cpuMs: number; readonly atMs: number } | undefined;
  /** Calls answered since it became ready, refused ones included. */
  answered = 0;
  slots = 0;

  readonly #process: ReplicaProcess;
  readonly #channel: FrameChannel;
  readonly #stderr: StderrTail;
  readonly #events: ReplicaEvents<C>;
  readonly #inFlight = new CallsInFlight<C>();
  #bytesInFlight = 0;
  #lastRequestId = 0;
  #readyAtMs: number | undefined;
  #loadError: MillraceError | undefined;
  #requested = false;
  #stalled = false;
  #isDrained = false;
  #runSinceMs = 0;
  #meanRunMs = 0;
  readonly #rowMs = new RunningMedian();
  #exit: { code: number | null; signal: NodeJS.Signals | null } | undefined;
  #channelClosed = false;

  constructor(
    slot: Pick<Replica<C>, 'name' | 'weight' | 'restarts' | 'lastExit'>,
    process: ReplicaProcess,
    load: LoadCommand,
    events: ReplicaEvents<C>,
    onStderrLine: (line: string) => void,
  ) {
    this.name = slot.name;
    this.weight = slot.weight;
    this.restarts = slot.restarts;
    this.lastExit = slot.lastExit;
    this.device = deviceName(load.device ?? cpuDevice);
    this.pid = process.pid;
    this.startedMs = performance.now();
    this.#process = process;
    this.#events = events;
    this.#stderr = new StderrTail(process.stderr, onStderrLine);
    this.#channel = new FrameChannel(process.socket, {
      onFrame: (frame) => this.#receive(frame),
      onClose: (error) => this.#onChannelClosed(error),
    });
    process.child.on('exit', (code, signal) => this.#onProcessExit(code, signal));
    this.#channel.sendJson(frameTypes.load, 0, load);
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  get backlogMs(): number {
    return this.#inFlight.size * (this.#rowMs.value ?? Infinity);
  }

  get available(): boolean {
    return this.state === 'ready' && !this.#stalled && !this.#isDrained;
  }

  /** By order of a person it is sent nothing; what it has is answered, and it stays loaded. */
  get isDrained(): boolean {
    return this.#isDrained;
  }

  set isDrained(isDrained: boolean) {
    this.#isDrained = isDrained;
    this.#events.onCapacity(this);
  }

  /** A stalled replica counts as not alive for panics: what it is sent would wait behind the run that stalls it. */
  get alive(): boolean {
    return this.available;
  }

  takes(call: C): boolean {
    return this.#inFlight.size === 0 || this.#bytesInFlight + call.request.bodyBytes <= maxBytesInFlight;
  }

  send(call: C): void {
    const { kind, form, body, bodyBytes, jsonLength, receivedMs, wantsOutputs = false } = call.request;
    const nowMs = performance.now();
    const idle = this.#inFlight.size === 0;
    if (idle) this.#runSinceMs = nowMs;
    this.#lastRequestId = (this.#lastRequestId + 1) >>> 0;
    this.#inFlight.add(this.#lastRequestId, call);
    this.#bytesInFlight += bodyBytes;
    const head = encodeCallHead({ kind, form, jsonLength, queuedMs: nowMs - receivedMs, wantsOutputs });
    this.#channel.send(frameTypes.infer, this.#lastRequestId, head, body, idle ? 'now' : 'soon');
  }

  /** Saves the run of a call that nobody waits for, if it has not begun. Its slot stays taken until the replica answers. */
  abandon(call: C): void {
    const requestId = this.#inFlight.idOf(call);
    if (requestId !== undefined) this.#channel.send(frameTypes.cancel, requestId, noHead, [], 'now');
  }

  /** In the order in which they were sent. */
  calls(): Iterable<C> {
    return this.#inFlight;
  }

  /** Judges the present run. Called regularly by the owner. A hung run ends this process, and only this one. */
  check(nowMs: number): void {
    if (this.#inFlight.size === 0 || this.state === 'starting' || this.state === 'exited') return;
    let firstDeadlineMs = Infinity;
    for (const call of this.#running()) firstDeadlineMs = Math.min(firstDeadlineMs, call.request.deadlineMs);
    const verdict = judgeRun({ nowMs, sinceMs: this.#runSinceMs, firstDeadlineMs, meanRunMs: this.#meanRunMs });
    if (verdict === 'hung') this.kill();
    else if (verdict === 'stalled' && !this.#stalled) {
      this.#stalled = true;
      this.#giveBackWaiting();
    }
  }

  /** Lets what is in flight finish, then ends the process. Nothing may be sent afterwards. */
  stop(): void {
    if (this.state === 'exited' || this.#requested) return;
    this.#requested = true;
    if (this.state === 'starting') {
      this.kill();
      return;
    }
    this.state = 'draining';
    this.#channel.send(frameTypes.stop, 0, noHead, [], 'now');
    this.#armStopGrace();
  }

  /** Ends the process at once. */
  kill(): void {
    this.#process.child.kill('SIGKILL');
  }

  #armStopGrace(): void {
    if (this.state !== 'draining' || this.#inFlight.size > 0) return;
    setTimeout(() => this.kill(), stopGraceMs).unref();
  }

  #receive(frame: Frame): void {
    switch (frame.type) {
      case frameTypes.result: {
        const call = this.#take(frame.requestId);
        const head = decodeResultHead(frame.head);
        this.#onProgress(head);
        if (call !== undefined) this.#events.onResult(this, call, head, frame.body);
        this.#armStopGrace();
        break;
      }
      case frameTypes.failure: {
        const call = this.#take(frame.requestId);
        const error = fromErrorBody(parseJson<ErrorBody>(frame));
        // A call that was dropped on request says nothing about the model.
        if (error.code !== 'client-gone') this.#onProgress(undefined);
        if (call !== undefined) this.#events.onFailure(this, call, error);
        this.#armStopGrace();
        break;
      }
      case frameTypes.memory: {
        const { rssBytes, cpuMs } = parseJson<MemoryReport>(frame);
        this.rssBytes = rssBytes;
        this.cpu = { cpuMs, atMs: performance.now() };
        break;
      }
      case frameTypes.loaded:
        this.report = parseJson<LoadedReport>(frame);
        this.rssBytes = this.report.rssBytes;
        this.slots = this.runLimit;
        this.#readyAtMs = performance.now();
        if (this.state === 'starting') this.state = 'ready';
        this.#events.onReady(this);
        break;
      case frameTypes.loadFailed:
        this.#loadError = fromErrorBody(parseJson<ErrorBody>(frame));
        break;
      default:
        throw new MillraceError('internal', `A host takes no frame of type ${frame.type}.`);
    }
  }

  /** Calls that one run can hold at most: the first so many in flight may be running, the others cannot have begun. */
  get runLimit(): number {
    return Math.max(1, this.report?.maxBatchSize ?? 1);
  }

  *#running(): Generator<C> {
    let left = this.runLimit;
    for (const call of this.#inFlight) {
      if (left-- === 0) return;
      yield call;
    }
  }

  #onProgress(head: ResultHead | undefined): void {
    this.answered++;
    this.#runSinceMs = performance.now();
    if (head?.leadsBatch === true) {
      const runMs = head.inputMs + head.inferMs + head.outputMs;
      this.#meanRunMs = this.#meanRunMs === 0 ? runMs : this.#meanRunMs * 0.9 + runMs * 0.1;
      this.#rowMs.add(runMs / head.batchRows);
      this.slots = this.runLimit * (this.#meanRunMs < sendAheadBelowMs ? 2 : 1);
    }
    if (this.#stalled) {
      this.#stalled = false;
      this.#events.onCapacity(this);
    }
  }

  #giveBackWaiting(): void {
    const waiting: C[] = [];
    for (const requestId of this.#inFlight.idsFrom(this.runLimit)) {
      this.#channel.send(frameTypes.cancel, requestId, noHead, [], 'now');
      waiting.push(this.#take(requestId)!);
    }
    if (waiting.length > 0) this.#events.onGivenBack(this, waiting);
  }

  #take(requestId: number): C | undefined {
    const call = this.#inFlight.take(requestId);
    if (call === undefined) return undefined;
    this.#bytesInFlight -= call.request.bodyBytes;
    return call;
  }

  #onChannelClosed(error: Error | undefined): void {
    // Everything the replica wrote before its end has been read by now: what is still in flight is lost.
    this.#channelClosed = true;
    if (this.#exit === undefined) this.kill();
    this.state = 'exited';
    const calls = this.#inFlight.takeAll();
    this.#bytesInFlight = 0;
    if (error !== undefined) this.#loadError ??= new MillraceError('internal', error.message, { cause: error });
    this.#events.onLost(this, calls.slice(0, this.runLimit), calls.slice(this.runLimit));
    this.#finish();
  }

  #onProcessExit(code: number | null, signal: NodeJS.Signals | null): void {
    this.#exit = { code, signal };
    if (this.#channelClosed) this.#finish();
    // The socket's end follows; should a stray descriptor hold it open, it is closed from here.
    else setTimeout(() => this.#channel.destroy(), 1000).unref();
  }

  #finish(): void {
    if (this.#exit === undefined) return;
    this.#events.onExit(this, {
      ...this.#exit,
      readyAtMs: this.#readyAtMs,
      answered: this.answered,
      requested: this.#requested,
      loadError: this.#loadError,
      stderr: this.#stderr.lines,
    });
  }
}

const noHead = Buffer.alloc(0);

function parseJson<T>(frame: Frame): T {
  return JSON.parse(joined(frame.body).toString()) as T;
}
