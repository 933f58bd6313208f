/** Name constraints (RFC 5280 §4.2.1.10): in which names a CA may issue certificates. */
import { decodeUtf8 } from '../../core/bytes.ts';
import {
  children,
  content,
  DER_SEQUENCE,
  type DerElement,
  DerError,
  encoding,
  expectTag,
  readDer,
} from '../encoding/der.ts';
import type { Certificate } from './certificate.ts';
import { SUBJECT_ALT_NAME } from './certificate-extensions.ts';
import { readDistinguishedName } from './distinguished-name.ts';
import { covers, FORMS, type NameForm, type Subtree } from './name-subtree.ts';

export interface NameConstraints {
  readonly permitted: readonly Subtree[];
  readonly excluded: readonly Subtree[];
  /** A critical extension constrains names of a form that nothing here can compare. */
  readonly unknownForm: boolean;
}

/** @throws DerError */
export function readNameConstraints(bytes: Uint8Array, critical: boolean): NameConstraints {
  const lists: Record<number, Subtree[]> = { 160: [], 161: [] };
  let unknownForm = false;
  for (const list of children(readDer(bytes, DER_SEQUENCE))) {
    const subtrees = lists[list.tag];
    if (subtrees === undefined || subtrees.length > 0) throw new DerError('not name constraints');
    const elements = children(list);
    if (elements.length === 0) throw new DerError('an empty list of subtrees');
    for (const subtree of elements) {
      const [base, ...distance] = children(expectTag(subtree, DER_SEQUENCE));
      // minimum is always 0, which DER leaves out, and maximum is absent.
      if (base === undefined || distance.length > 0) throw new DerError('not a subtree of this profile');
      const form = FORMS[base.tag];
      if (form === undefined) unknownForm ||= critical;
      else subtrees.push(readSubtree(form, base));
    }
  }
  return { permitted: lists[0xa0]!, excluded: lists[0xa1]!, unknownForm };
}

/** Reads a base, or a name of the same form, whose encoding is the same but for addresses, which come with a mask. */
function readSubtree(form: NameForm, base: DerElement): Subtree {
  switch (form) {
    case 'ip': {
      const bytes = content(base);
      if (bytes.length !== 8 && bytes.length !== 32) throw new DerError('not an address and its mask');
      return { form, address: bytes.subarray(0, bytes.length / 2), mask: bytes.subarray(bytes.length / 2) };
    }
    case 'directory':
      return { form, rdns: readDirectoryName(base).rdns };
    default:
      return { form, text: readText(base) };
  }
}

/** Most comparisons of one certificate's names with one certificate's constraints. */
const MAX_COMPARISONS = 20_000;

/** What is wrong with the names of a certificate under the constraints, if anything. @throws DerError */
export function nameComplaint(certificate: Certificate, constraints: NameConstraints): string | undefined {
  if (constraints.unknownForm) return 'name constraints of an unknown form stand above it';
  const names = namesOf(certificate);
  if (names.length * (constraints.permitted.length + constraints.excluded.length) > MAX_COMPARISONS) {
    return 'it has too many names to compare with the name constraints above it';
  }
  for (const name of names) {
    const ofForm = (subtree: Subtree): boolean => subtree.form === name.form;
    const verdicts = (list: readonly Subtree[], excluding: boolean): (boolean | undefined)[] =>
      list.filter(ofForm).map((subtree) => covers(subtree, name, excluding));
    const excluded = verdicts(constraints.excluded, true);
    const permitted = verdicts(constraints.permitted, false);
    if ([...excluded, ...permitted].includes(undefined)) return 'one of its names cannot be compared with constraints';
    if (excluded.includes(true)) return 'one of its names is excluded by name constraints';
    if (permitted.length > 0 && !permitted.includes(true))
      return 'one of its names is not permitted by name constraints';
  }
  return undefined;
}

/** Every name of a form that can be constrained: alternative names, the subject, and mail addresses within it. */
function namesOf(certificate: Certificate): Subtree[] {
  const names: Subtree[] = [];
  const alternative = certificate.extensions.get(SUBJECT_ALT_NAME);
  for (const name of alternative ? children(readDer(alternative.value, DER_SEQUENCE)) : []) {
    const form = FORMS[name.tag];
    if (form === 'ip') names.push({ form, address: content(name), mask: undefined });
    else if (form === 'directory') names.push({ form, rdns: readDirectoryName(name).rdns });
    else if (form !== undefined) names.push({ form, text: readText(name) });
  }
  const { rdns, emails } = readDistinguishedName(certificate.subjectName);
  if (rdns.length > 0) names.push({ form: 'directory', rdns });
  for (const text of emails) names.push({ form: 'email', text });
  return names;
}

/** directoryName is a CHOICE, so its tag is explicit. */
function readDirectoryName(name: DerElement) {
  const [inner, ...more] = children(name);
  if (more.length > 0) throw new DerError('unexpected elements');
  return readDistinguishedName(encoding(expectTag(inner, DER_SEQUENCE)));
}

function readText(name: DerElement): string {
  const text = decodeUtf8(content(name));
  if (text === undefined) throw new DerError('a name is not text');
  return text;
}
