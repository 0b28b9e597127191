/** What the doctor says of Millrace itself: the host, its ports, its files, its models and how they have done. Pure. */
import type { Finding } from '../protocol/admin/doctor-view.ts';
import type { DoctorFacts, PortFact } from './doctor-facts.ts';
import type { Check } from './machine-checks.ts';
import { bytesText, countText, timeText, upText } from './words.ts';

/** One copy may be killed by the system once; more is a pattern. */
const manyDeaths = 3;

const host: Check = ({ host: running, data }) => {
  if (running === undefined) {
    return {
      check: 'host',
      state: 'attention',
      sentence: `No Millrace runs for the data folder ${data.path}.`,
      fix: 'Start it, or name its folder with --data.',
      command: 'millrace serve',
    };
  }
  const { pid, version, upSeconds, inferenceUrl, hasWarden } = running;
  const sentence = `Millrace ${version} runs as process ${pid}, for ${upText(upSeconds)}, and answers at ${inferenceUrl}.`;
  if (hasWarden) return { check: 'host', state: 'good', sentence };
  return {
    check: 'host',
    state: 'attention',
    sentence: `${sentence} The process that cleans up after a crash is not there.`,
    fix: 'Restart Millrace when nobody needs it.',
  };
};

function port(what: PortFact['what']): Check {
  const check = what === 'inference' ? 'port-for-apps' : 'port-for-people';
  return ({ ports }) => {
    const fact = ports.find((each) => each.what === what);
    if (fact === undefined) return { check, state: 'unknown', sentence: `Nothing is known of the ${what} port.` };
    const { wanted, used, isFree, holder } = fact;
    const who = holder ?? 'another program';
    const fix = `Stop ${who}, or choose another port: the setting ${what === 'inference' ? 'http.port' : 'admin.port'}.`;
    if (used !== undefined && (wanted === 0 || used === wanted)) {
      return { check, state: 'good', sentence: `The ${what} listener has port ${used}.` };
    }
    if (used !== undefined) {
      return {
        check,
        state: 'attention',
        sentence: `The ${what} listener has port ${used}, because port ${wanted} was taken${holder === undefined ? '' : ` by ${holder}`}.`,
        fix,
      };
    }
    if (wanted === 0 || isFree === true) {
      return { check, state: 'good', sentence: `Port ${wanted === 0 ? '0, any free one,' : wanted} is free.` };
    }
    return { check, state: 'attention', sentence: `Port ${wanted} is taken by ${who}.`, fix };
  };
}

const dataFolder: Check = ({ data: { path, exists, fault, networkFileSystem } }) => {
  const check = 'data-folder';
  if (fault !== undefined) {
    return {
      check,
      state: 'failed',
      sentence: `Nothing can be kept in the data folder ${path}: ${fault}.`,
      fix: 'Let this user write there, or choose another folder with --data.',
    };
  }
  if (networkFileSystem !== undefined) {
    return {
      check,
      state: 'attention',
      sentence: `The data folder ${path} is on another machine (${networkFileSystem}); its databases may be damaged there.`,
      fix: 'Choose a folder on a disk of this computer with --data.',
    };
  }
  const state = exists ? 'is there and can be written' : 'does not exist yet and can be made';
  return { check, state: 'good', sentence: `The data folder ${path} ${state}.` };
};

const permissions: Check = ({ data: { path, openToOthers }, platform }) => {
  const check = 'permissions';
  if (platform === 'win32') {
    return {
      check,
      state: 'unknown',
      sentence: 'On Windows the data folder belongs to its user; it was not looked at.',
    };
  }
  if (openToOthers.length === 0) {
    return { check, state: 'good', sentence: 'Other users of this computer cannot read what Millrace keeps.' };
  }
  const some = openToOthers.slice(0, 5).join(', ');
  const more = openToOthers.length > 5 ? ` and ${openToOthers.length - 5} more` : '';
  return {
    check,
    state: 'attention',
    sentence: `Other users of this computer may read ${some}${more} in the data folder.`,
    fix: 'Take their rights away.',
    command: `chmod -R go-rwx '${path}'`,
  };
};

const databases: Check = ({ databases: files }) => {
  const check = 'databases';
  const broken = files.filter(({ fault }) => fault !== undefined);
  if (broken.length === 0) {
    return { check, state: 'good', sentence: `${countText(files.length, 'database is', 'databases are')} in order.` };
  }
  return {
    check,
    state: 'failed',
    sentence: `${broken.map(({ name, fault }) => `${name}: ${fault}`).join('; ')}.`,
    fix: 'Restart Millrace: what can be made anew is set aside and begun again. If it stays, move the file away.',
  };
};

const modelFiles: Check = ({ models: { versions, checkedBytes, isPartly, faults } }) => {
  const check = 'model-files';
  if (faults.length > 0) {
    const said = faults.slice(0, 5).map(({ name, version, fault }) => `version ${version} of ${name} ${fault}`);
    return {
      check,
      state: 'failed',
      sentence: `Not as imported: ${said.join('; ')}.`,
      fix: 'Import it again from where it came, or remove it.',
      command: 'millrace models verify',
    };
  }
  if (versions === 0) {
    return { check, state: 'good', sentence: 'No model was imported; the demo models or a plain folder are served.' };
  }
  const looked = `${bytesText(checkedBytes)} of ${countText(versions, 'version')} of models are as they were imported`;
  return isPartly
    ? { check, state: 'unknown', sentence: `${looked}; the rest was not read.`, command: 'millrace models verify' }
    : { check, state: 'good', sentence: `${looked}.` };
};

const served: Check = ({ host: running }) => {
  const check = 'models';
  if (running === undefined) return { check, state: 'unknown', sentence: 'Without a host no model is served.' };
  const { models, problems } = running;
  const failed = models.filter(({ state }) => state === 'UNAVAILABLE');
  const said = [
    ...failed.map(({ name, reason }) => `${name}: ${reason}`),
    ...problems.map(({ subject, message }) => `${subject}: ${message}`),
  ];
  if (said.length === 0) {
    return { check, state: 'good', sentence: `${countText(models.length, 'model is', 'models are')} served.` };
  }
  return {
    check,
    state: failed.length > 0 ? 'failed' : 'attention',
    sentence: said.slice(0, 5).join(' '),
    fix: problems[0]?.hint ?? 'Open the model and read its last lines, then replace its file or give it more memory.',
    command: 'millrace status',
  };
};

const copies: Check = ({ history: { deaths } }) => {
  const check = 'copies';
  if (deaths.length === 0) return { check, state: 'good', sentence: 'No copy has died during the last day.' };
  const said = deaths.map(({ model, count, last }) => `${count} of ${model} (${last})`).join(', ');
  const isMany = deaths.some(({ count }) => count >= manyDeaths);
  return {
    check,
    state: isMany ? 'failed' : 'attention',
    sentence: `Copies that died during the last day: ${said}.`,
    fix: 'The log has their last words. SIGKILL is often the system that was short of memory: order fewer copies, or a smaller model.',
    command: 'millrace logs --level warn',
  };
};

const crashes: Check = ({ history: { crashes: ends } }) => {
  const check = 'crashes';
  if (ends.length === 0) return { check, state: 'good', sentence: 'Millrace has not crashed during the last week.' };
  const last = timeText(Date.parse(ends[0]!));
  return {
    check,
    state: 'attention',
    sentence: `Millrace ended ${countText(ends.length, 'time')} without being stopped during the last week; the last of these runs began ${last}.`,
    fix: 'A power cut and a killed process look like this. If it was neither, save a diagnostics bundle and report it.',
    command: 'millrace doctor --bundle diagnostics.zip',
  };
};

const gui: Check = ({ isGuiBuilt }) =>
  isGuiBuilt
    ? { check: 'interface', state: 'good', sentence: 'The interface is built.' }
    : {
        check: 'interface',
        state: 'failed',
        sentence: 'The interface has not been built, so the browser shows none.',
        fix: 'Build it.',
        command: 'npm run build:gui',
      };

const runtime: Check = ({ devices: { fault, runtimeVersion, usable }, platform }) => {
  const check = 'runtime';
  if (fault !== undefined) {
    return {
      check,
      state: 'failed',
      sentence: `ONNX Runtime could not be tried: ${fault}`,
      fix:
        platform === 'win32'
          ? 'Often a virus scanner blocks its library: make an exception for the program folder, then install Millrace again.'
          : 'Install Millrace again; on Linux it needs glibc 2.28 or newer.',
    };
  }
  if (usable.includes('cpu')) {
    return {
      check,
      state: 'good',
      sentence: `ONNX Runtime ${runtimeVersion} gives the right answers on the processor.`,
    };
  }
  return {
    check,
    state: 'failed',
    sentence: `ONNX Runtime ${runtimeVersion} does not give the right answers on the processor.`,
    fix: 'Install Millrace again. If it stays, the memory or the processor of this computer may be faulty.',
    command: 'millrace devices --fresh',
  };
};

const graphics: Check = ({ devices: { fault, usable, graphics: cards, failed } }) => {
  const check = 'graphics';
  const others = usable.filter((name) => name !== 'cpu');
  if (fault !== undefined) return { check, state: 'unknown', sentence: 'Graphics processors could not be tried.' };
  if (others.length > 0) return { check, state: 'good', sentence: `Models can run on ${others.join(', ')}.` };
  if (cards.length === 0) {
    return { check, state: 'good', sentence: 'There is no graphics processor; models run on the processor.' };
  }
  const why = failed[0];
  return {
    check,
    state: 'attention',
    sentence: `${cards.join(', ')} is there, and no model can run on it${why === undefined ? '' : `: ${why.name}: ${why.reason}`}`,
    fix: 'Install its driver. For NVIDIA on Linux fetch the CUDA files; models run on the processor until then.',
    command: 'millrace gpu install cuda',
  };
};

const rank: Readonly<Record<Finding['state'], number>> = { failed: 0, attention: 1, unknown: 2, good: 3 };

export const hostChecks: readonly Check[] = [
  host,
  port('inference'),
  port('admin'),
  dataFolder,
  permissions,
  databases,
  modelFiles,
  served,
  copies,
  crashes,
  gui,
  runtime,
  graphics,
];

/** What needs a person first; equals in the order of the checks. */
export function judge(facts: DoctorFacts, checks: readonly Check[]): Finding[] {
  return checks.map((check) => check(facts)).toSorted((a, b) => rank[a.state] - rank[b.state]);
}
