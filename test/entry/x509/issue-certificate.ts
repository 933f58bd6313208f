/** Certificates with chosen extensions, for paths that are right or wrong in one way each. */
import { type Certificate, parseCertificate } from '../../../src/entry/x509/certificate.ts';
import { bits, der, explicit, int, octets, oid, sequence, text } from '../../fixtures/der-writer.ts';
import { type KeyName, type TestKey, testKey } from '../../fixtures/make.ts';
import { certificate, uri } from '../../fixtures/make-certificate.ts';

export interface Issued {
  certificate: Certificate;
  key: TestKey;
  name: string;
}

export interface IssueOptions {
  /** Common name; also what its key is known by in this test file. */
  name: string;
  /** Self-signed where it is not given. */
  by?: Pick<Issued, 'key' | 'name'>;
  key?: TestKey;
  kind?: KeyName;
  /** cA; no basic constraints where undefined. */
  ca?: boolean | undefined;
  pathLength?: number;
  /** Numbers of key usage bits; no extension where undefined. */
  usage?: readonly number[] | undefined;
  purposes?: readonly string[] | undefined;
  purposesCritical?: boolean;
  /** Further extensions. */
  extensions?: Uint8Array[];
  names?: Uint8Array[];
  subject?: Uint8Array;
  /** YYYYMMDDHHMMSSZ */
  notBefore?: string;
  notAfter?: string;
}

export const DIGITAL_SIGNATURE = 0;
export const CERT_SIGN = 5;
export const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';
export const TIME_STAMPING = '1.3.6.1.5.5.7.3.8';

export function issue(options: IssueOptions): Issued {
  const { name, by, ca, pathLength, usage, purposes, purposesCritical = false } = options;
  const key = options.key ?? testKey(options.kind ?? 'p256', name);
  const extensions = [...(options.extensions ?? [])];
  const truth = der(0x01, Uint8Array.of(0xff));
  if (ca !== undefined || pathLength !== undefined) {
    const length = pathLength === undefined ? [] : [int(pathLength)];
    extensions.push(extension('2.5.29.19', true, sequence(...(ca ? [truth] : []), ...length)));
  }
  if (usage !== undefined) {
    const flags = usage.reduce((byte, bit) => byte | (0x80 >> bit), 0);
    extensions.push(extension('2.5.29.15', true, bits(Uint8Array.of(flags))));
  }
  if (purposes !== undefined) {
    extensions.push(extension('2.5.29.37', purposesCritical, sequence(...purposes.map(oid))));
  }
  const made = certificate({
    key,
    name,
    extensions,
    names: options.names ?? (ca ? [] : [uri('https://ci.example/build')]),
    ...(by && { issuer: by }),
    ...(options.subject && { subject: options.subject }),
    ...(options.notBefore && { notBefore: text(options.notBefore, 0x18) }),
    ...(options.notAfter && { notAfter: text(options.notAfter, 0x18) }),
  });
  return { certificate: parseCertificate(made), key, name };
}

/** A CA as it should be. */
export function issueCa(options: IssueOptions): Issued {
  return issue({ ca: true, usage: [CERT_SIGN], ...options });
}

/** A signing certificate as it should be. */
export function issueLeaf(options: IssueOptions): Issued {
  return issue({ usage: [DIGITAL_SIGNATURE], purposes: [CODE_SIGNING], ...options });
}

export function extension(identifier: string, critical: boolean, value: Uint8Array): Uint8Array {
  return sequence(oid(identifier), ...(critical ? [der(0x01, Uint8Array.of(0xff))] : []), octets(value));
}

/** Name constraints from GeneralNames. */
export function constraints({ permitted = [], excluded = [] }: Record<string, Uint8Array[]>, critical = true) {
  const list = (tag: number, names: readonly Uint8Array[]): Uint8Array[] =>
    names.length === 0 ? [] : [explicit(tag, ...names.map((name) => sequence(name)))];
  return extension('2.5.29.30', critical, sequence(...list(0, permitted), ...list(1, excluded)));
}
