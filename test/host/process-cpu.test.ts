import { describe, expect, it } from 'vitest';
import { CpuMeter, parseCpuMs, readCpuMs } from '../../server/host/process-cpu.ts';

describe('the CPU time of a process', () => {
  it('is read past a name with spaces and parentheses', () => {
    const stat = `4711 (millrace ) replica (x)) S 1 4711 4711 0 -1 4194304 2153 0 0 0 250 50 0 0 20 0 11 0 123 1 1`;
    expect(parseCpuMs(stat)).toBe(3000);
  });

  it('is unknown for what is no such line', () => {
    expect(parseCpuMs('')).toBeUndefined();
  });

  it('is that of a living process, and none of one that is gone', { skip: process.platform !== 'linux' }, () => {
    const { user, system } = process.cpuUsage();
    expect(Math.abs(readCpuMs(process.pid)! - (user + system) / 1000)).toBeLessThan(500);
    expect(readCpuMs(2 ** 30)).toBeUndefined();
  });

  it('becomes percent of a core over about a second, however often one looks', () => {
    const meter = new CpuMeter();
    expect(meter.percent(1, { cpuMs: 100, atMs: 0 })).toBeUndefined();
    expect(meter.percent(1, { cpuMs: 150, atMs: 100 })).toBeUndefined();
    expect(meter.percent(1, { cpuMs: 600, atMs: 1000 })).toBe(50);
    expect(meter.percent(1, { cpuMs: 700, atMs: 1100 })).toBe(50);
    expect(meter.percent(1, undefined)).toBe(50);
    expect(meter.percent(2, undefined)).toBeUndefined();
  });

  it('stays in the total when its process has ended', () => {
    const meter = new CpuMeter();
    meter.percent(1, { cpuMs: 400, atMs: 0 });
    meter.percent(2, { cpuMs: 100, atMs: 0 });
    expect(meter.totalMs).toBe(500);
    meter.keep(new Set([2]));
    expect(meter.totalMs).toBe(500);
    expect(meter.percent(1, undefined)).toBeUndefined();
  });
});
