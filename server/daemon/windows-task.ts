/**
 * The service on Windows, as a task that starts with the machine. `sc.exe` cannot run a program that does not speak the service
 * control protocol, and a wrapper that does is another program to trust, sign and update; the Task Scheduler is part of
 * Windows, runs as a restricted account without a password, and starts what has ended (docs/adr/0023). Pure.
 */
import { serveCommand } from './service-settings.ts';
import type { MachineFacts, ServiceSettings } from './service-settings.ts';
import { xmlText } from './xml-text.ts';

/** LOCAL SERVICE: no password, the rights of a plain user, and no identity on the network. By number: the name is translated. */
export const localServiceSid = 'S-1-5-19';

export function taskName(name: string): string {
  return `\\Millrace\\${name}`;
}

/** Lies beside the data, so that who may read the service's data may read its log. */
export function windowsLogFile(dataFolder: string): string {
  return `${dataFolder}\\logs\\host.log`;
}

export function windowsTask(settings: ServiceSettings, facts: MachineFacts): string {
  const [command, ...words] = serveCommand(settings) as [string, ...string[]];
  const isSystem = settings.scope === 'system';
  // The scheduler's own restart acts only on tasks that could not be started; looking every minute also finds one that died.
  const repetition = `
      <Repetition>
        <Interval>PT1M</Interval>
        <StopAtDurationEnd>false</StopAtDurationEnd>
      </Repetition>`;
  const trigger = isSystem
    ? `<BootTrigger>${repetition}
      <Enabled>true</Enabled>
    </BootTrigger>`
    : `<LogonTrigger>${repetition}
      <Enabled>true</Enabled>
      <UserId>${xmlText(facts.userName)}</UserId>
    </LogonTrigger>`;
  const principal = isSystem
    ? `<UserId>${localServiceSid}</UserId>`
    : `<UserId>${xmlText(facts.userName)}</UserId>
      <LogonType>InteractiveToken</LogonType>`;
  const log = ['--log-file', windowsLogFile(settings.dataFolder)];
  return `<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.3" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>Millrace model server. Installed by "millrace service install".</Description>
    <URI>${xmlText(taskName(settings.name))}</URI>
  </RegistrationInfo>
  <Triggers>
    ${trigger}
  </Triggers>
  <Principals>
    <Principal id="Service">
      ${principal}
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <AllowHardTerminate>true</AllowHardTerminate>
    <StartWhenAvailable>true</StartWhenAvailable>
    <RunOnlyIfNetworkAvailable>false</RunOnlyIfNetworkAvailable>
    <IdleSettings>
      <StopOnIdleEnd>false</StopOnIdleEnd>
      <RestartOnIdle>false</RestartOnIdle>
    </IdleSettings>
    <AllowStartOnDemand>true</AllowStartOnDemand>
    <Enabled>true</Enabled>
    <Hidden>false</Hidden>
    <RunOnlyIfIdle>false</RunOnlyIfIdle>
    <WakeToRun>false</WakeToRun>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <Priority>4</Priority>
  </Settings>
  <Actions Context="Service">
    <Exec>
      <Command>${xmlText(command)}</Command>
      <Arguments>${xmlText([...words, ...log].map(windowsWord).join(' '))}</Arguments>
      <WorkingDirectory>${xmlText(settings.dataFolder)}</WorkingDirectory>
    </Exec>
  </Actions>
</Task>
`.replaceAll('\n', '\r\n');
}

/**
 * One word as the C runtime of Windows takes a command line apart: backslashes count only before a quote, and there they are
 * doubled. `C:\a b\` becomes `"C:\a b\\"`.
 */
export function windowsWord(word: string): string {
  if (word !== '' && !/[\s"]/.test(word)) return word;
  return `"${word.replaceAll(/(\\*)"/g, String.raw`$1$1\"`).replaceAll(/(\\+)$/g, '$1$1')}"`;
}
