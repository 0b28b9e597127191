/** Texts of Connect and Sources. */

export const connectTexts = {
  'connect.lead': 'How apps reach the models.',
  'connect.address': 'Address',
  'connect.thisComputer': 'This computer',
  'connect.onlyHere': 'Programs on this computer can call it without a key. The network cannot reach it.',
  'connect.protocol':
    'Plain JSON at /predict, and the Open Inference Protocol at /v2: clients of Triton and KServe work as they are.',
  'connect.code': 'Call it from your language',
  'connect.model': 'Model',
  'connect.noModel': 'Code appears here once a model is ready.',
  'connect.check': 'Check from a terminal',
  'connect.checkHint': 'Answers with 200 while models are ready.',
  'connect.more': 'More addresses',
  'connect.page': 'A page with examples',
  'connect.metrics': 'Numbers for Prometheus',
  'connect.ready': 'Whether all models are ready',
  'connect.connections': { one: '{count} open connection', other: '{count} open connections' },

  'sources.lead': 'Where models come from.',
  'sources.folder': 'Folder',
  'sources.store': 'The store',
  'sources.storeHint': 'Models that were imported. New versions go live by themselves.',
  'sources.plainHint': 'A folder that is served as it is. It is read when Millrace starts.',
  'sources.holds': '{models} with {versions}, {size}',
  'sources.models': { one: '{count} model', other: '{count} models' },
  'sources.problems': 'Not served',
  'sources.noProblems': 'Everything in the folder is served.',
  'sources.bring': 'Bring a model',
  'sources.bringHint': 'A script can import it too.',
} as const;
