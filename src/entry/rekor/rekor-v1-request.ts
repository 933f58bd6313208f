/** What Rekor v1 clients ask to have logged: a proposed entry, by kind and version. */
import { LogError } from '../../core/errors.ts';
import { textOf } from '../encoding/members.ts';
import { preferringPrivateKeys } from '../keys/private-key.ts';
import type { SignatureChecks } from '../keys/signature-checks.ts';
import type { PreparedEntry } from '../submission/prepared-entry.ts';
import { prepareDsseV1 } from './rekor-v1-dsse.ts';
import { prepareHashedRekordV1 } from './rekor-v1-hashed-rekord.ts';
import { prepareIntoto } from './rekor-v1-intoto.ts';
import { proposed } from './rekor-v1-members.ts';

const CODE = 'malformed_submission';

const KINDS: ReadonlyMap<string, (spec: unknown, checks: SignatureChecks) => PreparedEntry> = new Map([
  ['hashedrekord 0.0.1', prepareHashedRekordV1],
  ['dsse 0.0.1', prepareDsseV1],
  ['intoto 0.0.2', prepareIntoto],
]);

/**
 * Reads and checks a proposed entry: a strictly parsed JSON value.
 * @throws LogError malformed_submission for other kinds too; and with the codes of what cannot be read, is not accepted,
 *   or must not be sent
 */
export function prepareRekorV1Request(value: unknown, checks: SignatureChecks): PreparedEntry {
  return preferringPrivateKeys(value, () => {
    const { kind, apiVersion, spec } = proposed(value, ['kind', 'apiVersion', 'spec'], 'proposed entry');
    const name = `${textOf(kind, 'kind', CODE, 64)} ${textOf(apiVersion, 'apiVersion', CODE, 64)}`;
    const prepare = KINDS.get(name);
    if (prepare !== undefined) return prepare(spec, checks);
    throw new LogError(CODE, `the log takes entries of these kinds: ${[...KINDS.keys()].join(', ')}`);
  });
}
