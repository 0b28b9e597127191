/**
 * Program: ONNX Runtime in a bare loop, without any request. Started as a child with an IPC channel; its argument is the
 * model's path. Each message is a number of milliseconds to run for; the answer is the runs per second.
 */
import { openSession } from '../../server/replica/session.ts';

const session = await openSession({ modelPath: process.argv[2]!, intraOpThreads: 1, spinning: false });
const inputs = session.signature.inputs.map(({ name, datatype, shape }) => {
  const row = [1, ...shape.slice(1)];
  return {
    name,
    datatype,
    shape: row,
    data: new Float32Array(row.reduce((product, size) => product * size, 1)).fill(0.5),
  };
});
await session.run(inputs);

process.on('message', async (durationMs: number) => {
  const startedMs = performance.now();
  let runs = 0;
  while (performance.now() - startedMs < durationMs) {
    await session.run(inputs);
    runs++;
  }
  process.send!((runs / (performance.now() - startedMs)) * 1000);
});
console.log(JSON.stringify({ ready: true }));
