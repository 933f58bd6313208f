/** What Fulcio writes into a certificate about the identity behind it, extension by extension. */
import { decodeUtf8 } from '../../core/bytes.ts';
import { content, DER_UTF8_STRING, DerError, readDer } from '../encoding/der.ts';

/** 1.3.6.1.4.1.57264.1.N by N, named as Fulcio's directory of object identifiers names them. */
const NAMES = [
  undefined,
  'issuer',
  'githubWorkflowTrigger',
  'githubWorkflowSha',
  'githubWorkflowName',
  'githubWorkflowRepository',
  'githubWorkflowRef',
  'otherName',
  'issuerV2',
  'buildSignerURI',
  'buildSignerDigest',
  'runnerEnvironment',
  'sourceRepositoryURI',
  'sourceRepositoryDigest',
  'sourceRepositoryRef',
  'sourceRepositoryIdentifier',
  'sourceRepositoryOwnerURI',
  'sourceRepositoryOwnerIdentifier',
  'buildConfigURI',
  'buildConfigDigest',
  'buildTrigger',
  'runInvocationURI',
  'sourceRepositoryVisibilityAtSigning',
  'deploymentEnvironment',
  'tokenSubject',
] as const;

export type FulcioFactName = NonNullable<(typeof NAMES)[number]>;

/** Facts by name, in the order of their extensions. Empty for certificates of other CAs. */
export type FulcioFacts = Readonly<Partial<Record<FulcioFactName, string>>>;

export const FULCIO_FACT_NAMES: readonly FulcioFactName[] = NAMES.slice(1) as FulcioFactName[];

/** A user name: an otherName of this type in the subject alternative names, not an extension of its own. */
export const FULCIO_OTHER_NAME = '1.3.6.1.4.1.57264.1.7';

const PREFIX = '1.3.6.1.4.1.57264.1.';
/** Extensions up to this one hold bare text; later ones a DER UTF8String. */
const LAST_BARE_TEXT = 6;

/** The facts that the extensions state; what else they hold is passed over. @throws DerError */
export function readFulcioFacts(
  extensions: ReadonlyMap<string, { readonly value: Uint8Array }>,
  otherName: string | undefined,
): FulcioFacts {
  const facts: Partial<Record<FulcioFactName, string>> = {};
  for (let arc = 1; arc < NAMES.length; arc++) {
    const value = extensions.get(PREFIX + arc)?.value;
    const fact = value === undefined ? undefined : readFact(arc, value);
    const stated = NAMES[arc] === 'otherName' ? otherName : fact;
    if (stated !== undefined) facts[NAMES[arc]!] = stated;
  }
  return facts;
}

function readFact(arc: number, value: Uint8Array): string {
  const text = decodeUtf8(arc <= LAST_BARE_TEXT ? value : content(readDer(value, DER_UTF8_STRING)));
  if (text === undefined) throw new DerError('a fact is not text');
  return text;
}
