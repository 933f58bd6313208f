/**
 * Certification path validation (RFC 5280 §6), without policies and revocation: certificates of short life need no
 * revocation, and a log does not judge policies. A critical extension that asks for either is refused as unknown.
 */
import { equalBytes } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import type { SignatureChecks } from '../keys/signature-checks.ts';
import { type Certificate, signedBy } from './certificate.ts';
import { nameComplaint } from './name-constraints.ts';
import { type PathExtensions, pathExtensions } from './path-extensions.ts';

/** What the leaf's key must be certified for (RFC 5280 §4.2.1.12). */
export type CertificatePurpose = 'code-signing' | 'time-stamping';

export interface PathQuestion {
  readonly leaf: Certificate;
  /** Candidates between leaf and anchor in any order; nothing about them is believed. */
  readonly intermediates: readonly Certificate[];
  /**
   * Certificates whose names and keys are trusted, roots or not. Their own signatures are not checked, but their
   * validity, constraints and usages restrict the path as those of any CA on it do.
   */
  readonly anchors: readonly Certificate[];
  /** The time for which every certificate must be valid, seconds since 1970. */
  readonly time: number;
  /** undefined: any. */
  readonly purpose: CertificatePurpose | undefined;
  readonly checks: SignatureChecks;
}

/** Most certificates on a path, leaf and anchor included. */
const MAX_PATH_LENGTH = 10;
/** Most signatures that are checked in search of one path, so that a mesh of cross-signed CAs costs bounded time. */
const MAX_SIGNATURE_CHECKS = 16;

/**
 * Finds a path from the leaf to an anchor on which all holds at the time.
 * @returns the path, leaf first, anchor last; at least two certificates
 * @throws LogError certificate_rejected, whose message says why the path that came furthest was refused
 */
export function verifyCertificatePath(question: PathQuestion): Certificate[] {
  const search = { ...question, checksLeft: MAX_SIGNATURE_CHECKS, furthest: 0, complaint: NO_ISSUER };
  const complaint = leafComplaint(question);
  const path = complaint === undefined ? extend([question.leaf], search) : undefined;
  if (path !== undefined) return path;
  throw new LogError('certificate_rejected', `no trusted path for the certificate: ${complaint ?? search.complaint}`);
}

const NO_ISSUER = 'its issuer is neither a configured root nor among the certificates that came with it';

interface Search extends PathQuestion {
  checksLeft: number;
  /** Length of the longest path that was refused, and why it was. */
  furthest: number;
  complaint: string;
}

/** Depth first, from the leaf upwards. Each issuer is checked against all that is below it before its signature is. */
function extend(path: Certificate[], search: Search): Certificate[] | undefined {
  const last = path[path.length - 1]!;
  const refuse = (complaint: string): undefined => {
    if (path.length <= search.furthest) return;
    search.furthest = path.length;
    search.complaint = path.length === 1 ? complaint : `certificate ${path.length} of the path: ${complaint}`;
  };
  const candidates = issuersOf(last, search).filter(({ issuer }) => !sameEntity(issuer, last));
  if (candidates.length === 0) return refuse(NO_ISSUER);
  for (const { issuer, isAnchor } of candidates) {
    if (path.some((certificate) => sameEntity(certificate, issuer))) {
      refuse('the path to its issuer leads back to itself');
      continue;
    }
    if (path.length === MAX_PATH_LENGTH) {
      refuse(`the path has more than ${MAX_PATH_LENGTH} certificates`);
      continue;
    }
    const complaint = issuerComplaint(issuer, path, search);
    if (complaint !== undefined) {
      refuse(`its issuer ${complaint}`);
      continue;
    }
    if (search.checksLeft-- <= 0) return refuse('too many certificates claim to be its issuer');
    if (!signatureHolds(last, issuer, search.checks)) {
      refuse('its signature was not made by its issuer');
      continue;
    }
    const longer = [...path, issuer];
    if (!isAnchor) {
      const found = extend(longer, search);
      if (found !== undefined) return found;
      continue;
    }
    // Only now, since whoever is under no anchor could make it expensive.
    const names = namesComplaint(longer);
    if (names === undefined) return longer;
    refuse(names);
  }
  return undefined;
}

/** Certificates that have the issuer's name: anchors first, and those with the wanted key identifier before others. */
function issuersOf(certificate: Certificate, { anchors, intermediates }: PathQuestion) {
  const wanted = extensionsOf(certificate)?.authorityKeyId;
  const rank = (issuer: Certificate): number => {
    const own = extensionsOf(issuer)?.subjectKeyId;
    if (wanted === undefined || own === undefined) return 1;
    return own === wanted ? 0 : 2; // RFC 5280 §4.2.1.1 lets identifiers help to choose, not decide
  };
  const named = (list: readonly Certificate[]): Certificate[] =>
    list.filter(({ subjectName }) => equalBytes(subjectName, certificate.issuerName));
  return [
    ...named(anchors).map((issuer) => ({ issuer, isAnchor: true })),
    ...named(intermediates).map((issuer) => ({ issuer, isAnchor: false })),
  ].sort((a, b) => rank(a.issuer) - rank(b.issuer));
}

/** As extKeyUsage names them (RFC 5280 §4.2.1.12). */
export const PURPOSES: Readonly<Record<CertificatePurpose, string>> = {
  'code-signing': '1.3.6.1.5.5.7.3.3',
  'time-stamping': '1.3.6.1.5.5.7.3.8',
};
const ANY_PURPOSE = '2.5.29.37.0';

function leafComplaint({ leaf, time, purpose }: PathQuestion): string | undefined {
  const extensions = extensionsOf(leaf);
  const complaint = anyComplaint(leaf, extensions, time);
  if (complaint !== undefined || extensions === undefined) return complaint;
  const { keyUsage, purposes, purposesCritical } = extensions;
  const maySign = keyUsage?.digitalSignature || (purpose !== 'code-signing' && keyUsage?.contentCommitment);
  if (keyUsage !== undefined && !maySign) return 'its key usage does not allow signatures';
  if (purpose === undefined) return undefined;
  if (!purposes?.has(PURPOSES[purpose])) return `its extended key usage does not name ${purpose.replace('-', ' ')}`;
  // RFC 3161 §2.3: this purpose alone, and critical.
  if (purpose === 'time-stamping' && (purposes.size !== 1 || !purposesCritical)) {
    return 'its extended key usage is not for time stamping alone, and critical';
  }
  return undefined;
}

/** What forbids that this CA issued the last certificate of the path, its signature and its names apart. */
function issuerComplaint(issuer: Certificate, path: readonly Certificate[], search: Search): string | undefined {
  const extensions = extensionsOf(issuer);
  const complaint = anyComplaint(issuer, extensions, search.time);
  if (complaint !== undefined || extensions === undefined) return `is not accepted: ${complaint}`;
  const { isCa, pathLength, keyUsage, purposes } = extensions;
  if (!isCa) return 'is not a CA';
  if (keyUsage !== undefined && !keyUsage.keyCertSign)
    return 'has a key usage that does not allow to sign certificates';
  if (path.slice(1).filter((ca) => !isSelfIssued(ca)).length > pathLength) return 'allows fewer CAs below it';
  const { purpose } = search;
  if (purpose !== undefined && purposes && !purposes.has(PURPOSES[purpose]) && !purposes.has(ANY_PURPOSE)) {
    return `has an extended key usage without ${purpose.replace('-', ' ')}`;
  }
  return undefined;
}

function anyComplaint({ notBefore, notAfter }: Certificate, extensions: PathExtensions | undefined, time: number) {
  if (extensions === undefined) return 'it has an extension that cannot be read';
  if (extensions.unknownCritical) return 'it has a critical extension that is not known';
  if (time < notBefore) return 'it was not yet valid at the time';
  if (time > notAfter) return 'it had expired at the time';
  return undefined;
}

/** RFC 5280 §6.1.3 (b), (c): each CA's constraints bind all below it, self-issued CAs excepted. */
function namesComplaint(path: readonly Certificate[]): string | undefined {
  try {
    for (const [i, ca] of path.entries()) {
      const constraints = pathExtensions(ca).nameConstraints;
      if (constraints === undefined) continue;
      for (const [j, below] of path.slice(0, i).entries()) {
        if (j > 0 && isSelfIssued(below)) continue;
        const complaint = nameComplaint(below, constraints);
        if (complaint !== undefined) return complaint;
      }
    }
    return undefined;
  } catch {
    return 'a name or a name constraint on its path cannot be read';
  }
}

function extensionsOf(certificate: Certificate): PathExtensions | undefined {
  try {
    return pathExtensions(certificate);
  } catch {
    return undefined;
  }
}

function isSelfIssued({ issuerName, subjectName }: Certificate): boolean {
  return equalBytes(issuerName, subjectName);
}

/** The same name and key: a path that meets it again would go round in circles. */
function sameEntity(a: Certificate, b: Certificate): boolean {
  return equalBytes(a.subjectName, b.subjectName) && equalBytes(a.spki, b.spki);
}

/** Configured certificates are the same objects from one path to the next, so CAs' own signatures are checked once. */
const known = new WeakMap<Certificate, WeakMap<Certificate, boolean>>();

function signatureHolds(certificate: Certificate, issuer: Certificate, checks: SignatureChecks): boolean {
  let verdicts = known.get(certificate);
  if (verdicts === undefined) {
    verdicts = new WeakMap();
    known.set(certificate, verdicts);
  }
  let holds = verdicts.get(issuer);
  if (holds === undefined) {
    holds = signedBy(certificate, issuer, checks);
    verdicts.set(issuer, holds);
  }
  return holds;
}
