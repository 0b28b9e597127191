/** Deaths and crashes as the event log tells them. */
import { describe, expect, it } from 'vitest';
import { historyFacts } from '../../server/doctor/history-facts.ts';
import type { HostEvent } from '../../server/protocol/admin/host-event.ts';

const nowMs = Date.parse('2026-11-24T12:00:00Z');
const hoursAgo = (hours: number): string => new Date(nowMs - hours * 3_600_000).toISOString();

let id = 1000;
function event(kind: HostEvent['kind'], hours: number, more: Partial<HostEvent> = {}): HostEvent {
  return { id: id--, at: hoursAgo(hours), kind, severity: 'info', sentence: '', ...more };
}
const death = (hours: number, ended: string, model = 'iris'): HostEvent =>
  event('replica', hours, { severity: 'attention', model, facts: { ended } });
const start = (hours: number): HostEvent => event('host-started', hours, { id: Math.round(10_000 - hours * 10) });
const stop = (hours: number): HostEvent => event('host-stopped', hours, { id: Math.round(10_000 - hours * 10) });
const none = { replicas: [], starts: [], stops: [] };

describe('deaths of copies', () => {
  it('are counted by model over a day, with how the last one ended', () => {
    const replicas = [
      death(1, 'SIGKILL'),
      death(2, 'exit code 1'),
      death(3, 'SIGSEGV', 'digits'),
      death(25, 'SIGKILL'),
    ];
    expect(historyFacts({ ...none, replicas }, nowMs, true).deaths).toEqual([
      { model: 'iris', count: 2, last: 'SIGKILL' },
      { model: 'digits', count: 1, last: 'SIGSEGV' },
    ]);
  });

  it('are no restarts by hand', () => {
    const replicas = [event('replica', 1, { model: 'iris', facts: { ended: 'ended on request' } })];
    expect(historyFacts({ ...none, replicas }, nowMs, true).deaths).toEqual([]);
  });
});

describe('crashes', () => {
  const crashes = (starts: HostEvent[], stops: HostEvent[], isRunning: boolean): readonly string[] =>
    historyFacts({ ...none, starts, stops }, nowMs, isRunning).crashes;

  it('are starts that another start follows without a stop between them', () => {
    expect(crashes([start(1), start(5)], [], true)).toEqual([hoursAgo(5)]);
    expect(crashes([start(1), start(5)], [stop(4)], true)).toEqual([]);
  });

  it('are also a last start without a stop, where no host runs', () => {
    expect(crashes([start(1)], [], false)).toEqual([hoursAgo(1)]);
    expect(crashes([start(1)], [], true)).toEqual([]);
    expect(crashes([start(2)], [stop(1)], false)).toEqual([]);
  });

  it('are forgotten after a week', () => {
    expect(crashes([start(1), start(24 * 8)], [], true)).toEqual([]);
  });
});
