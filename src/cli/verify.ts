/** `countersign verify`: checks an artifact offline, from its bundle. */
import { toHex } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import { type PublicKey, parsePublicKeyPem } from '../entry/public-key.ts';
import { type JsonLimits, parseStrictJson } from '../entry/strict-json.ts';
import type { BundleExpectations } from '../entry/verify-bundle.ts';
import { nativeChecks } from '../log/native-signatures.ts';
import { type AboutArtifact, readArtifact, verifyAbout } from './artifact.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { readText, readWhole } from './files.ts';
import { factLines, holderText } from './identity-text.ts';
import { type Output, printable, writeResult } from './output.ts';
import { logKeyOf } from './remote.ts';
import { given } from './usage.ts';

export interface VerifyOptions {
  bundle: string;
  logKey: string;
  timeKey?: string;
  origin?: string;
  /** Exactly one of these four says who must have signed. */
  key?: string;
  anySigner?: true;
  identity?: string;
  policy?: string;
  /** With `identity`. */
  issuer?: string;
  trustedRoot?: string;
}

/** A bundle may carry the entries of several logs, so more than a request has. */
const BUNDLE_LIMITS: JsonLimits = { depth: 32, members: 10_000, safeIntegers: true };

export async function runVerify(artifact: string, options: VerifyOptions, output: Output): Promise<ExitCode> {
  const { io } = output;
  checkUsage(artifact, options);
  const log = logKeyOf(options);
  const signer: BundleExpectations['signer'] = options.key === undefined ? 'any' : { key: await readKey(options.key) };
  const bundle = parseStrictJson(await readWhole(options.bundle, io), BUNDLE_LIMITS);
  const about = verifyAbout(bundle, await readArtifact(artifact, io), {
    logVerifier: log.verifier,
    origin: log.origin,
    ...(log.timeVerifier && { timeVerifier: log.timeVerifier }),
    signer,
    checks: nativeChecks,
  });
  refuseToJudge(options);
  const { verified, digest, isPayload } = about;
  const result = {
    verified: true,
    artifact: { [digest.algorithm]: digest.digest },
    isPayload,
    origin: log.origin,
    index: verified.index,
    treeSize: verified.size,
    rootHash: toHex(verified.root),
    leafHash: toHex(verified.leafHash),
    time: verified.time,
    signers: verified.signers.map(toHex),
    signerRequired: signer !== 'any',
    identities: verified.identities,
    predicateType: verified.predicateType,
  };
  writeResult(output, result, whatWasProven(about, log.origin, signer));
  return EXIT.done;
}

/** Without the log's key, or without saying who must have signed, nothing can be verified: never a success. */
function checkUsage(artifact: string, options: VerifyOptions): void {
  const { key, anySigner, identity, policy, issuer, trustedRoot, bundle } = options;
  const given = [key, anySigner, identity, policy].filter((option) => option !== undefined).length;
  if (given !== 1) {
    throw new LogError(
      'usage',
      'say who must have signed: one of --key FILE, --any-signer, --identity NAME with --issuer URL, or --policy FILE',
    );
  }
  if (identity !== undefined && issuer === undefined) throw new LogError('usage', '--identity needs --issuer');
  if (identity === undefined && (issuer !== undefined || trustedRoot !== undefined)) {
    throw new LogError('usage', '--issuer and --trusted-root go with --identity');
  }
  if (artifact === '-' && bundle === '-') throw new LogError('usage', 'artifact and bundle cannot both be stdin');
}

/** What this version cannot judge is neither true nor false. Called once everything else has been verified. */
function refuseToJudge({ identity, trustedRoot, policy }: VerifyOptions): void {
  if (policy !== undefined) {
    throw new LogError(
      'identity_unjudged',
      'the artifact is logged and rightly signed, but this version does not judge policies: whether the policy holds is not known',
    );
  }
  if (identity === undefined) return;
  throw new LogError(
    'identity_unjudged',
    trustedRoot === undefined
      ? 'the artifact is logged and rightly signed, but without --trusted-root who signed is not known: anyone can put any name into a certificate'
      : 'the artifact is logged and rightly signed, but this version does not check certificate chains yet: who signed is not known',
  );
}

async function readKey(file: string): Promise<PublicKey> {
  const pem = await readText(file);
  return given(file, () => parsePublicKeyPem(pem));
}

function whatWasProven(about: AboutArtifact, origin: string, signer: BundleExpectations['signer']): string {
  const { index, size, time, signers, identities, predicateType } = about.verified;
  const when =
    time === undefined
      ? 'at a time that was not checked (give --time-key)'
      : `by ${new Date(time * 1000).toISOString()}`;
  const who =
    signer === 'any'
      ? `by ${signers.map(toHex).join(', ')} (any signer was accepted)`
      : `by the given key, ${toHex(signer.key.spkiHash)}`;
  const lines = [`verified: entry ${index} of ${size} in ${origin}, logged ${when}`, `signed ${who}`];
  for (const identity of identities) {
    lines.push(`certificate says ${holderText(identity)} (chain: unverified, so anyone may have written this)`);
    lines.push(...factLines(identity, '  '));
  }
  if (predicateType !== undefined) lines.push(`states ${printable(predicateType)}`);
  if (about.isPayload)
    lines.push('the artifact is the signed payload itself, which is no statement about anything else');
  return lines.join('\n');
}
