/** `verify` with a trusted root: logs, times, certificates and identities, of whatever Sigstore instance it describes. */
import type { LogKey } from '../client/log-key.ts';
import { toHex } from '../core/bytes.ts';
import { leafHash } from '../core/hash.ts';
import type { WitnessPolicy } from '../core/witness-policy.ts';
import type { VerifiedLogEntry } from '../entry/verification/verify-log-entry.ts';
import {
  type ProvenTime,
  type SigstoreExpectations,
  type VerifiedSigstoreBundle,
  verifySigstoreBundle,
} from '../entry/verification/verify-sigstore-bundle.ts';
import { identityOf } from '../entry/x509/certificate.ts';
import { nativeChecks } from '../log/native/native-signatures.ts';
import { type AboutArtifact, type ArtifactDigest, verifyAbout } from './artifact.ts';
import { factLines } from './identity-text.ts';
import { printable } from './output.ts';
import type { Proven } from './verify-log-key.ts';
import { cosignedText } from './witness-policy.ts';

export interface RootExpectations extends Pick<SigstoreExpectations, 'trustedRoot' | 'signer'> {
  /** A log that must have the entry, whatever the root says. */
  log: LogKey | undefined;
  /** What the checkpoint of `log` must satisfy. */
  witnessPolicy?: WitnessPolicy | undefined;
}

/** @throws LogError as `verifySigstoreBundle` */
export function verifyUnderRoot(
  bundle: unknown,
  digests: readonly ArtifactDigest[],
  { trustedRoot, signer, log, witnessPolicy }: RootExpectations,
): Proven {
  const own = log && {
    verifier: log.verifier,
    origin: log.origin,
    ...(log.timeVerifier && { timeVerifier: log.timeVerifier }),
    ...(witnessPolicy && { witnessPolicy }),
  };
  const about = verifyAbout(digests, (artifactDigest) =>
    verifySigstoreBundle(bundle, {
      trustedRoot,
      signer,
      checks: nativeChecks,
      ...(own && { log: own }),
      ...(artifactDigest && { artifactDigest }),
    }),
  );
  const entries = entriesOf(about.verified, log);
  const { verified, digest, isPayload } = about;
  const { origin, index, treeSize, rootHash, leafHash: hash } = entries[0]!;
  const result = {
    artifact: { [digest.algorithm]: digest.digest },
    isPayload,
    origin,
    index,
    treeSize,
    rootHash,
    leafHash: hash,
    time: verified.times.length === 0 ? undefined : Math.min(...verified.times.map(({ time }) => time)),
    cosignatures: verified.ownEntry?.cosignatures,
    signers: [toHex(verified.key.spkiHash)],
    signerRequired: signer !== 'any',
    identities: identitiesOf(verified),
    predicateType: verified.predicateType,
    entries,
    times: verified.times,
  };
  return { result, text: whatWasProven(about, entries, signer) };
}

interface ProvenEntry {
  /** Of the log's checkpoints; the log's URL where there is none. */
  origin: string;
  /** Within the tree of the checkpoint, else within the log. */
  index: number;
  treeSize: number | undefined;
  rootHash: string | undefined;
  leafHash: string;
  /** `promised` where the log has only signed that it would take the entry, which version 0.1 of bundles allows. */
  inclusion: 'proved' | 'promised';
}

/** The entry of the log that was asked for, then those of the root's logs. */
function entriesOf({ entries, ownEntry }: VerifiedSigstoreBundle, log: LogKey | undefined): ProvenEntry[] {
  const own: ProvenEntry[] =
    ownEntry === undefined
      ? []
      : [
          {
            origin: log!.origin,
            index: ownEntry.index,
            treeSize: ownEntry.size,
            rootHash: toHex(ownEntry.root),
            leafHash: toHex(ownEntry.leafHash),
            inclusion: 'proved',
          },
        ];
  const others = entries.map(entryOf).filter(({ origin }) => origin !== own[0]?.origin);
  return [...own, ...others];
}

function entryOf({ entry, log, checkpoint }: VerifiedLogEntry): ProvenEntry {
  return {
    origin: checkpoint?.origin ?? log.baseUrl,
    index: entry.inclusion?.index ?? entry.logIndex,
    treeSize: checkpoint?.size,
    rootHash: checkpoint && toHex(checkpoint.root),
    leafHash: toHex(leafHash(entry.body)),
    inclusion: checkpoint === undefined ? 'promised' : 'proved',
  };
}

function identitiesOf({ certificate }: VerifiedSigstoreBundle): object[] {
  if (certificate === undefined) return [];
  return [{ ...identityOf(certificate.path[0]!, 'trusted'), authority: certificate.authority.uri }];
}

function whatWasProven(
  { verified, isPayload }: AboutArtifact<VerifiedSigstoreBundle>,
  entries: readonly ProvenEntry[],
  signer: SigstoreExpectations['signer'],
): string {
  const lines = [
    ...entries.map((entry, i) => `${i === 0 ? 'verified: ' : 'also '}${entryText(entry)}`),
    ...(verified.times.length === 0 ? ['signed at a time that nothing proves'] : verified.times.map(timeText)),
    ...signerText(verified, signer),
  ];
  const cosignatures = verified.ownEntry?.cosignatures;
  if (cosignatures !== undefined) lines.push(cosignedText(cosignatures));
  if (verified.predicateType !== undefined) lines.push(`states ${printable(verified.predicateType)}`);
  if (isPayload) lines.push('the artifact is the signed payload itself, which is no statement about anything else');
  return lines.join('\n');
}

function entryText({ index, treeSize, origin, inclusion }: ProvenEntry): string {
  if (inclusion === 'proved') return `entry ${index} of ${treeSize} in ${printable(origin)}`;
  return `entry ${index} promised by ${printable(origin)} (not proved: a bundle of version 0.1 need not carry a proof)`;
}

function timeText({ time, by, name }: ProvenTime): string {
  const who = by === 'log' ? 'the log' : 'the timestamp authority';
  return `signed at ${new Date(time * 1000).toISOString()} or before, says ${who} ${printable(name)}`;
}

function signerText({ key, certificate }: VerifiedSigstoreBundle, signer: SigstoreExpectations['signer']): string[] {
  const any = signer === 'any' ? ' (any signer was accepted)' : '';
  if (certificate === undefined) {
    return [`signed with ${signer === 'any' ? 'the key' : 'the given key,'} ${toHex(key.spkiHash)}${any}`];
  }
  const { path, authority, ctlogs } = certificate;
  const { names, oidcIssuer, facts } = path[0]!;
  const by = oidcIssuer === undefined ? '' : `, for whom ${printable(oidcIssuer)} vouched`;
  const shown = ctlogs.map(({ baseUrl }) => `, shown to ${printable(baseUrl)}`).join('');
  return [
    `signed by ${names.map(printable).join(', ')}${by}${any}`,
    `certificate trusted: issued under ${printable(authority.uri)}${shown}`,
    ...factLines({ facts }, '  '),
  ];
}
