/** A log that trusts one CA, and builds that sign under it: what tests about evidence start from. */
import { toBase64, toHex } from '../../src/core/bytes.ts';
import { LogEvidence } from '../../src/evidence/facts/log-evidence.ts';
import { type Issued, issueCa } from '../entry/x509/issue-certificate.ts';
import { type IdentityFacts, issueIdentity } from '../fixtures/issue-identity.ts';
import { envelope, hashOf, signMessage, type TestKey, testKey } from '../fixtures/make.ts';
import { pem } from '../fixtures/make-certificate.ts';
import { COMMIT, REPOSITORY, RUN } from '../fixtures/predicates.ts';
import { createInlineLog, type InlineLog } from '../inline-log.ts';

export const ISSUER = 'https://token.actions.githubusercontent.com';
export const WORKFLOW = `${REPOSITORY}/.github/workflows/release.yml@refs/heads/main`;

/** What Fulcio says of the build that `githubProvenance` tells of. */
export const BUILD: IdentityFacts = {
  issuerV2: ISSUER,
  buildSignerURI: WORKFLOW,
  runnerEnvironment: 'github-hosted',
  sourceRepositoryURI: REPOSITORY,
  sourceRepositoryDigest: COMMIT,
  sourceRepositoryRef: 'refs/heads/main',
  sourceRepositoryIdentifier: '4711',
  buildTrigger: 'push',
  runInvocationURI: RUN,
};

const root = issueCa({ name: 'evidence root' });

/** Who signs: a certificate, or a bare key. */
export type Signer = Issued | TestKey;

/** A build's certificate, for ten minutes around now. */
export function build(facts: IdentityFacts = BUILD, name = WORKFLOW): Issued {
  return issueIdentity(name, facts, Date.now() / 1000, root);
}

/** A certificate that says the same, and that anybody can make. */
export function impostor(facts: IdentityFacts = BUILD, name = WORKFLOW): Issued {
  return issueIdentity(name, facts, Date.now() / 1000);
}

export interface EvidenceLog {
  log: InlineLog;
  evidence: LogEvidence;
  /** Logs a statement, signed. @returns its index */
  state(statement: unknown, by: Signer): Promise<number>;
  /** Logs a signature over the digest of an artifact. @returns its index */
  sign(message: Uint8Array, by: Signer): Promise<number>;
}

export async function evidenceLog(): Promise<EvidenceLog> {
  const trusted = { roots: [root.certificate], intermediates: [], authorities: [], timestampAuthorities: [], logs: [] };
  const log = await createInlineLog({ certificates: { trusted, accept: 'any', identities: [] } });
  return {
    log,
    evidence: new LogEvidence(log),
    async state(statement, by) {
      const made = envelope(typeof statement === 'string' ? statement : JSON.stringify(statement), [keyOf(by)]);
      return (await log.add({ envelope: made, ...verifierOf(by) })).index;
    },
    async sign(message, by) {
      const signature = toBase64(signMessage(keyOf(by), message));
      const digest = toHex(hashOf('sha256', message));
      return (await log.add({ artifact: { sha256: digest }, signature, ...verifierOf(by) })).index;
    },
  };
}

function keyOf(by: Signer): TestKey {
  return 'certificate' in by ? by.key : by;
}

function verifierOf(by: Signer): { certificate: string } | { publicKey: string } {
  return 'certificate' in by ? { certificate: pem('CERTIFICATE', by.certificate.der) } : { publicKey: by.pem };
}

export const longLived = testKey('p256', 'long-lived');
