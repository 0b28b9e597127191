import { describe, expect, it } from 'vitest';
import { serviceState } from '../../server/daemon/service-state.ts';
import { facts, macFacts, windowsFacts } from './service-facts.ts';

const ok = (text: string) => ({ exitCode: 0, text });

describe('the state of a service in words', () => {
  it('of systemd, running', () => {
    const text =
      'LoadState=loaded\nActiveState=active\nSubState=running\nUnitFileState=enabled\nMainPID=4711\nNRestarts=2\nExecMainStatus=0\n';
    expect(serviceState('millrace', 'system', facts, ok(text))).toEqual({
      isInstalled: true,
      isRunning: true,
      summary: 'Service millrace runs as process 4711, starts with the machine, was started again 2 times.',
    });
  });

  it('of systemd, failed and not enabled', () => {
    const text =
      'LoadState=loaded\nActiveState=failed\nSubState=failed\nUnitFileState=disabled\nMainPID=0\nNRestarts=0\nExecMainStatus=2\n';
    expect(serviceState('millrace', 'system', facts, ok(text)).summary).toBe(
      'Service millrace does not run (failed, failed, last exit code 2), does not start by itself.',
    );
  });

  it('of systemd, absent: it answers all the same', () => {
    expect(serviceState('millrace', 'system', facts, ok('LoadState=not-found\nActiveState=inactive\n'))).toMatchObject({
      isInstalled: false,
      summary: 'There is no service millrace.',
    });
    expect(serviceState('x', 'user', facts, ok('LoadState=not-found\n')).summary).toBe(
      'There is no service x of yours.',
    );
  });

  it('of launchd', () => {
    const text =
      'system/org.millrace.millrace = {\n\tactive count = 1\n\tstate = running\n\tpid = 812\n\tlast exit code = (never exited)\n}\n';
    expect(serviceState('millrace', 'system', macFacts, ok(text)).summary).toBe(
      'Service millrace runs as process 812.',
    );
    expect(
      serviceState('millrace', 'system', macFacts, ok('\tstate = not running\n\tlast exit code = 2\n')),
    ).toMatchObject({
      isRunning: false,
      summary: 'Service millrace does not run (not running, last exit code 2).',
    });
    expect(
      serviceState('millrace', 'system', macFacts, { exitCode: 113, text: 'Could not find service' }).isInstalled,
    ).toBe(false);
  });

  it('of the Task Scheduler', () => {
    expect(
      serviceState('millrace', 'system', windowsFacts, ok('State=Running\r\nLastResult=267009\r\n')).isRunning,
    ).toBe(true);
    expect(serviceState('millrace', 'system', windowsFacts, ok('State=Ready\r\nLastResult=2\r\n')).summary).toBe(
      'Service millrace does not run (Ready, last result 2).',
    );
    expect(
      serviceState('millrace', 'system', windowsFacts, { exitCode: 1, text: 'No MSFT_ScheduledTask' }).isInstalled,
    ).toBe(false);
  });
});
