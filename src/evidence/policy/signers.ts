/** Who signed, as far as that is proved: names of a certificate whose chain is trusted, and keys. */
import type { Credential, Evidence } from '../facts/evidence.ts';
import { matches } from './document/pattern.ts';
import type { Signer, Trust } from './document/trust.ts';

/** True where the credential is of this signer. The names of an unverified certificate are nobody's. */
export function isSigner(signer: Signer, credential: Credential): boolean {
  if (signer.key !== undefined) return credential.key === signer.key;
  if (credential.kind !== 'certificate' || credential.chain !== 'trusted') return false;
  if (signer.issuer === undefined || signer.san === undefined) return false;
  const { issuer, san, repositoryId } = signer;
  if (credential.issuer !== issuer || !credential.names.some((name) => matches(san, name))) return false;
  return repositoryId === undefined || credential.facts.sourceRepositoryIdentifier === repositoryId;
}

/** True where one of the signatures is by one of these signers. */
export function isSignedBy(signers: readonly Signer[] | 'any', evidence: Evidence): boolean {
  if (signers === 'any') return evidence.credentials.length > 0;
  return evidence.credentials.some((credential) => signers.some((signer) => isSigner(signer, credential)));
}

/** The signer of the policy whose signature the evidence bears. */
export function signerOf(signers: readonly Signer[], evidence: Evidence): Signer | undefined {
  return signers.find((signer) => evidence.credentials.some((credential) => isSigner(signer, credential)));
}

/** Names that an identity is known by: the certificate's under a trusted chain, else the key. */
export function identitiesOf(credential: Credential): readonly string[] {
  return credential.chain === 'trusted' && credential.names.length > 0 ? credential.names : [credential.key];
}

/** The same with the issuer that vouches for the names, to tell people and machines apart. */
export function principalsOf(credential: Credential): readonly string[] {
  return identitiesOf(credential).map((name) => (name === credential.key ? name : `${credential.issuer} ${name}`));
}

/** For people: who signed. */
export function signersText(evidence: Evidence): string {
  return evidence.credentials
    .map((credential) => {
      const name = credential.names[0];
      if (name === undefined) return `key ${credential.key.slice(0, 16)}…`;
      return credential.chain === 'trusted'
        ? name
        : `key ${credential.key.slice(0, 16)}… (its certificate is unverified)`;
    })
    .join(', ');
}

/** True where two pieces of evidence share a key or an identity. */
export function shareSigner(one: Evidence, other: Evidence): boolean {
  const namesOf = (credential: Credential) => [credential.key, ...principalsOf(credential)];
  const names = new Set(one.credentials.flatMap(namesOf));
  return other.credentials.some((credential) => namesOf(credential).some((name) => names.has(name)));
}

/** Every signer whom a policy names, in whatever role. */
export function signersIn({
  builders = [],
  signers = [],
  verifiers = [],
  attestors = [],
  groups = {},
}: Trust): Signer[] {
  return [
    ...[...builders, ...verifiers].map(({ signer }) => signer),
    ...(signers === 'any' ? [] : signers),
    ...[...attestors, ...Object.values(groups).flat()],
  ];
}

/**
 * True where a policy's signer is this key, or the holder of such certificates; whether their chains are trusted, and
 * which repository they name, is not asked.
 */
export function isNamed(
  signer: Signer,
  { key, names, issuer }: { key: string | undefined; names: readonly string[]; issuer: string | undefined },
): boolean {
  if (signer.key !== undefined) return signer.key === key;
  const { san } = signer;
  return (
    issuer !== undefined && issuer === signer.issuer && san !== undefined && names.some((name) => matches(san, name))
  );
}
