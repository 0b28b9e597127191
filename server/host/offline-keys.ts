/** The keys of a data folder while no host runs for it: for the command line, so that the first key can be made before the first start. */
import { AccessDatabase } from '../security/access-database.ts';
import { KeyRing } from '../security/key-ring.ts';
import { makeKeyText } from '../security/client-key.ts';
import { hashSecret } from '../security/secret.ts';
import { accessPath } from './access.ts';

/** Runs `work` with the keys and closes them. Throws what it throws, and `storage-failed`. */
export function withKeys<Result>(dataDirectory: string, work: (keys: KeyRing) => Result): Result {
  const database = AccessDatabase.open(accessPath(dataDirectory));
  try {
    const keys = new KeyRing(database);
    try {
      return work(keys);
    } finally {
      keys.close();
    }
  } finally {
    database.close();
  }
}

export interface UnkeptKey {
  readonly id: string;
  readonly secret: string;
  readonly sha256: string;
}

/** A key that is kept nowhere: its hash goes into a settings file. */
export function makeUnkeptKey(): UnkeptKey {
  const { id, text } = makeKeyText();
  return { id, secret: text, sha256: hashSecret(text) };
}
