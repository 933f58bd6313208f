/** The verification cases of Sigstore's conformance suite, judged as their names say, in portable code alone. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isLogError } from '../../../src/core/errors.ts';
import { parseStrictJson } from '../../../src/entry/encoding/strict-json.ts';
import { parsePublicKeyPem } from '../../../src/entry/keys/public-key.ts';
import { portableChecks } from '../../../src/entry/submission/portable-signatures.ts';
import { readTrustedRoot } from '../../../src/entry/trust/trusted-root.ts';
import { verifySigstoreBundle } from '../../../src/entry/verification/verify-sigstore-bundle.ts';
import { SHARED_ABSENT, shared } from '../../shared.ts';

const IDENTITY =
  'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main';
const ISSUER = 'https://token.actions.githubusercontent.com';
const LIMITS = { depth: 32, members: 10_000, safeIntegers: true };

const root = shared('real');
const cases =
  root === undefined ? [] : readdirSync(`${root}/sigstore-conformance/bundle-verify`, { withFileTypes: true });

/** What the suite's own runner hands to a client; files that a case lacks are the suite's defaults. */
function verdict(name: string): string {
  const folder = `${root}/sigstore-conformance/bundle-verify`;
  const file = (own: string, fallback: string) =>
    readFileSync(existsSync(`${folder}/${name}/${own}`) ? `${folder}/${name}/${own}` : fallback);
  const text = (own: string, fallback: string) =>
    existsSync(`${folder}/${name}/${own}`) ? file(own, '').toString().trim() : fallback;
  const artifact = createHash('sha256')
    .update(file('artifact', `${folder}/a.txt`))
    .digest();
  const key = text('key.pub', '');
  try {
    verifySigstoreBundle(parseStrictJson(file('bundle.sigstore.json', ''), LIMITS), {
      trustedRoot: readTrustedRoot(
        parseStrictJson(file('trusted_root.json', `${root}/root-signing/targets/trusted_root.json`), LIMITS),
      ),
      signer:
        key === ''
          ? { identity: { name: text('identity', IDENTITY), issuer: text('issuer', ISSUER) } }
          : { key: parsePublicKeyPem(key) },
      artifactDigest: { algorithm: 'sha256', digest: Uint8Array.from(artifact) },
      checks: portableChecks,
    });
    return 'accepted';
  } catch (error) {
    if (isLogError(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
}

describe.skipIf(root === undefined)(`sigstore-conformance${root === undefined ? `: ${SHARED_ABSENT}` : ''}`, () => {
  it.each(cases.filter((one) => one.isDirectory()).map(({ name }) => name))('%s', (name) => {
    const result = verdict(name);
    if (name.endsWith('_fail')) expect(result).not.toBe('accepted');
    else expect(result).toBe('accepted');
  });
});
