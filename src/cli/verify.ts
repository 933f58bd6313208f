/** `countersign verify`: checks an artifact offline, from its bundle. */
import { LogError } from '../core/errors.ts';
import { type JsonLimits, parseStrictJson, parseStrictJsonText } from '../entry/encoding/strict-json.ts';
import { type PublicKey, parsePublicKeyPem } from '../entry/keys/public-key.ts';
import { readTrustedRoot, type TrustedRoot } from '../entry/trust/trusted-root.ts';
import { readArtifact } from './artifact.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { readText, readWhole } from './files.ts';
import { type Output, writeResult } from './output.ts';
import { logKeyOf } from './remote.ts';
import { given } from './usage.ts';
import { verifyUnderLogKey } from './verify-log-key.ts';
import { type RootExpectations, verifyUnderRoot } from './verify-trusted-root.ts';
import { readWitnessPolicy } from './witness-policy.ts';

export interface VerifyOptions {
  bundle: string;
  /** At least one of these two says what is trusted. */
  logKey?: string;
  trustedRoot?: string;
  timeKey?: string;
  origin?: string;
  /** Exactly one of these four says who must have signed. */
  key?: string;
  anySigner?: true;
  identity?: string;
  policy?: string;
  /** With `identity`. */
  issuer?: string;
  /** C2SP tlog-policy file; with `logKey`. */
  witnessPolicy?: string;
}

/** A bundle may carry the entries of several logs, a trusted root many of them, so more than a request has. */
const BUNDLE_LIMITS: JsonLimits = { depth: 32, members: 10_000, safeIntegers: true };

export async function runVerify(artifact: string, options: VerifyOptions, output: Output): Promise<ExitCode> {
  const { io } = output;
  checkUsage(artifact, options);
  const log = options.logKey === undefined ? undefined : logKeyOf({ ...options, logKey: options.logKey });
  const key = options.key === undefined ? undefined : await readKey(options.key);
  const trustedRoot = options.trustedRoot === undefined ? undefined : await readRoot(options.trustedRoot);
  const witnessPolicy =
    options.witnessPolicy === undefined ? undefined : await readWitnessPolicy(options.witnessPolicy, log!);
  const bundle = parseStrictJson(await readWhole(options.bundle, io), BUNDLE_LIMITS);
  const digests = await readArtifact(artifact, io);
  const proven =
    trustedRoot === undefined
      ? verifyUnderLogKey(bundle, digests, log!, key === undefined ? 'any' : { key }, witnessPolicy)
      : verifyUnderRoot(bundle, digests, { trustedRoot, log, witnessPolicy, signer: signerOf(options, key) });
  refuseToJudge(options);
  writeResult(output, { verified: true, ...proven.result }, proven.text);
  return EXIT.done;
}

function signerOf({ identity, issuer }: VerifyOptions, key: PublicKey | undefined): RootExpectations['signer'] {
  if (key !== undefined) return { key };
  return identity === undefined ? 'any' : { identity: { name: identity, issuer: issuer! } };
}

/** Without saying whom to trust, or who must have signed, nothing can be verified: never a success. */
function checkUsage(artifact: string, options: VerifyOptions): void {
  const { key, anySigner, identity, policy, issuer, trustedRoot, logKey, bundle } = options;
  const given = [key, anySigner, identity, policy].filter((option) => option !== undefined).length;
  if (given !== 1) {
    throw new LogError(
      'usage',
      'say who must have signed: one of --key FILE, --any-signer, --identity NAME with --issuer URL, or --policy FILE',
    );
  }
  if (logKey === undefined && trustedRoot === undefined) {
    throw new LogError(
      'usage',
      'say which log must have the entry: --log-key VKEY, --trusted-root FILE with the logs and authorities that count, or both',
    );
  }
  if (options.witnessPolicy !== undefined && logKey === undefined) {
    throw new LogError('usage', '--witness-policy is about the log of --log-key, which it goes with');
  }
  if (identity !== undefined && issuer === undefined) throw new LogError('usage', '--identity needs --issuer');
  if (identity === undefined && issuer !== undefined) throw new LogError('usage', '--issuer goes with --identity');
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
  if (identity === undefined || trustedRoot !== undefined) return;
  throw new LogError(
    'identity_unjudged',
    'the artifact is logged and rightly signed, but without --trusted-root who signed is not known: anyone can put any name into a certificate',
  );
}

async function readRoot(file: string): Promise<TrustedRoot> {
  const text = await readText(file);
  return given(file, () => readTrustedRoot(parseStrictJsonText(text, BUNDLE_LIMITS)));
}

async function readKey(file: string): Promise<PublicKey> {
  const pem = await readText(file);
  return given(file, () => parsePublicKeyPem(pem));
}
