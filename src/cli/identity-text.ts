/** A signer's identity, for people to read. */
import type { Identity } from '../entry/x509/certificate.ts';
import { printable } from './output.ts';

/** `names by issuer`, without a word on whether it is so. */
export function holderText({ names, issuer }: { names: readonly string[]; issuer?: string | undefined }): string {
  const by = issuer === undefined ? '' : ` by ${printable(issuer)}`;
  return `${names.map(printable).join(', ')}${by}`;
}

/** A line per fact. */
export function factLines({ facts }: Pick<Identity, 'facts'>, indent: string): string[] {
  return Object.entries(facts).map(([name, value]) => `${indent}${name}: ${printable(value)}`);
}
