/** The thread of pacer.ts: sleeps until the time that it is given, says so once, waits for the next. */
import { parentPort, workerData } from 'node:worker_threads';

const memory = workerData as SharedArrayBuffer;
const wakeAt = new Float64Array(memory, 0, 1);
const changes = new Int32Array(memory, 8, 1);

let seen = 0;
for (;;) {
  Atomics.wait(changes, 0, seen);
  seen = Atomics.load(changes, 0);
  const leftMs = wakeAt[0]! - (performance.timeOrigin + performance.now());
  // Another time came meanwhile: begin again with it.
  if (leftMs > 0 && Atomics.wait(changes, 0, seen, leftMs) !== 'timed-out') continue;
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
  parentPort!.postMessage(undefined);
}
