import { describe, expect, it } from 'vitest';
import { repairReason } from '../../server/host/run-file.ts';

const ours = {
  pid: process.pid,
  inferenceUrl: 'http://127.0.0.1:8000',
  adminUrl: 'http://127.0.0.1:8090',
  version: '0.1.0',
  adminToken: 'token',
};
const text = JSON.stringify(ours);
const other = JSON.stringify({ ...ours, pid: 7 });

describe('a host writes its file again', () => {
  it.each<[string, string | undefined, boolean, string | undefined]>([
    ['never while it is as it was', text, true, undefined],
    ['when it is gone', undefined, true, 'was gone'],
    ['when it is empty', '', true, 'was damaged'],
    ['when it was cut', text.slice(0, 40), true, 'was damaged'],
    ['when it lacks something', '{"pid":7}', true, 'was damaged'],
    ['when it is no object', 'null', true, 'was damaged'],
    ['when somebody changed it', JSON.stringify({ ...ours, adminToken: 'x' }), true, 'was changed'],
    ['never over a host that runs', other, true, undefined],
    ['over one that has died', other, false, 'was left over from process 7, which has ended'],
  ])('%s', (_name, present, isRunning, reason) => {
    expect(repairReason(present, ours, (pid) => pid === 7 && isRunning)).toBe(reason);
  });
});
