/** `millrace service` as a user runs it, as far as that changes nothing; and what systemd itself says of the unit. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { applyPlan } from '../../server/daemon/apply-plan.ts';
import { systemdUnit } from '../../server/daemon/systemd-unit.ts';
import { facts, settings } from '../daemon/service-facts.ts';
import { millrace } from '../support/millrace-command.ts';

const hasSystemd = existsSync('/usr/bin/systemd-analyze');
if (!hasSystemd) console.warn('SKIPPED: systemd-analyze is not here to look at the unit.');

describe.skipIf(process.platform !== 'linux')('millrace service', () => {
  it('shows the whole plan and does nothing of it', async () => {
    const { code, stdout } = await millrace(
      'service',
      'install',
      '--user',
      '--name',
      'dry',
      '--demo',
      '--port',
      '9001',
      '--dry-run',
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^write {3}.*\/systemd\/user\/dry\.service$/m);
    expect(stdout).toContain('serve --json --data');
    expect(stdout).toMatch(/ --demo --port 9001$/m);
    expect(stdout).toMatch(/^run {5}systemctl --user restart dry$/m);
    const [, path] = /^write {3}(.*)$/m.exec(stdout)!;
    expect(existsSync(path!)).toBe(false);
  });

  it('gives the plan to programs as JSON', async () => {
    const { stdout } = await millrace('service', 'uninstall', '--user', '--dry-run', '--json');
    const plan = JSON.parse(stdout) as { steps: { kind: string }[] };
    expect(plan.steps.map(({ kind }) => kind)).toEqual(['command', 'remove', 'command', 'command']);
  });

  it('says what is wrong with a name and with an account', async () => {
    const name = await millrace('service', 'install', '--name', '../x', '--dry-run');
    expect(name).toMatchObject({ code: 2 });
    expect(name.stderr).toContain("'../x' cannot be the name of a service");
    const account = await millrace('service', 'install', '--user', '--account', 'root', '--dry-run');
    expect(account.stderr).toContain('An account can only be named for a service of the machine');
  });

  it('never says that a service runs which does not', async () => {
    const { code, stdout, stderr } = await millrace('service', 'status', '--name', 'there-is-none');
    expect(code).not.toBe(0);
    expect(`${stdout}${stderr}`).toMatch(
      /There is no service there-is-none|systemd does not answer here|cannot be asked/,
    );
  });

  it('shows the rule of the firewall, and on other systems says what to do instead', async () => {
    expect((await millrace('firewall', 'allow', '--dry-run')).stdout).toContain('profile=private,domain');
    const { code, stderr } = await millrace('firewall', 'allow');
    expect(code).toBe(1);
    expect(stderr).toContain('sudo ufw allow');
  });
});

describe('a plan that is carried out', () => {
  it('writes folders, files with their marks, and removes them; stops at the first step that fails', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-plan-'));
    const said: string[] = [];
    const file = join(folder, 'a', 'unit');
    try {
      await applyPlan(
        {
          steps: [
            { kind: 'folder', path: join(folder, 'a'), mode: 0o700 },
            { kind: 'file', path: file, text: 'x', mode: 0o600, encoding: 'utf16le' },
            { kind: 'command', command: process.execPath, args: ['-e', 'process.exit(3)'], mayFail: true },
          ],
          notes: [],
        },
        (line) => said.push(line),
      );
      expect(said).toHaveLength(3);
      const { readFile, stat } = await import('node:fs/promises');
      expect([...(await readFile(file))]).toEqual([0xff, 0xfe, 0x78, 0]);
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      const failing = applyPlan(
        {
          steps: [
            { kind: 'command', command: process.execPath, args: ['-e', "console.error('no room');process.exit(3)"] },
            { kind: 'remove', path: file },
          ],
          notes: [],
        },
        () => {},
      );
      await expect(failing).rejects.toMatchObject({
        code: 'service-failed',
        message: expect.stringContaining('exit code 3): no room'),
      });
      expect(existsSync(file)).toBe(true);
      await applyPlan({ steps: [{ kind: 'remove', path: file }], notes: [] }, () => {});
      expect(existsSync(file)).toBe(false);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe.skipIf(!hasSystemd)('the unit, as systemd reads it', () => {
  const program = { ...settings.program, node: process.execPath };
  it.each([
    ['as a rule', settings],
    ['with graphics', { ...settings, gpu: true }],
    ['with odd paths', { ...settings, serveWords: ['--models', '/srv/50% "of" all\\$models'] }],
    ['of an account', { ...settings, account: 'root', dataFolder: '/srv/mill race' }],
    ['of a person', { ...settings, scope: 'user' as const, dataFolder: '/tmp/x' }],
  ])('%s has no fault', async (_, wanted) => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-unit-'));
    try {
      const unit = join(folder, 'millrace.service');
      await writeFile(unit, systemdUnit({ ...wanted, program }, facts));
      const words = [...(wanted.scope === 'user' ? ['--user'] : []), 'verify', unit];
      const { stdout, stderr } = await promisify(execFile)('systemd-analyze', words, {
        env: { ...process.env, XDG_RUNTIME_DIR: folder },
      });
      expect(`${stdout}${stderr}`).toBe('');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('leaves a service that was broken into little to do: at most 2.0 of 10 by systemd own reckoning', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-unit-'));
    try {
      const unit = join(folder, 'millrace.service');
      await writeFile(unit, systemdUnit({ ...settings, program }, facts));
      const { stdout } = await promisify(execFile)('systemd-analyze', ['security', '--offline=true', unit]);
      const [, level] = /Overall exposure level for \S+: (\d+\.\d+)/.exec(stdout)!;
      expect(Number(level)).toBeLessThanOrEqual(2);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
