/** Whether a name lies within a subtree, form by form (RFC 5280 §4.2.1.10). */

/** The forms that can be compared, by their tag in GeneralName. */
export const FORMS: Readonly<Record<number, NameForm>> = {
  129: 'email',
  130: 'dns',
  164: 'directory',
  134: 'uri',
  135: 'ip',
};

export type NameForm = 'email' | 'dns' | 'directory' | 'uri' | 'ip';

/** A subtree's base, or a name that is compared with one. */
export type Subtree =
  | { readonly form: 'email' | 'dns' | 'uri'; readonly text: string }
  | { readonly form: 'directory'; readonly rdns: readonly string[] }
  /** The mask is a subtree's only. */
  | { readonly form: 'ip'; readonly address: Uint8Array; readonly mask: Uint8Array | undefined };

/**
 * True where the subtree covers the name; undefined where that cannot be said, because one of them is not of the
 * expected syntax. A name for many hosts (`*.example.com`) is excluded as soon as one of them is.
 */
export function covers(subtree: Subtree, name: Subtree, excluding: boolean): boolean | undefined {
  if (subtree.form === 'directory' && name.form === 'directory') {
    return subtree.rdns.every((rdn, i) => rdn === name.rdns[i]);
  }
  if (subtree.form === 'ip' && name.form === 'ip') return coversAddress(subtree, name.address);
  if (!('text' in subtree) || !('text' in name)) return false;
  const base = subtree.text.toLowerCase();
  switch (name.form) {
    case 'dns':
      return coversDns(base, name.text.toLowerCase(), excluding);
    case 'uri':
      return coversHost(base, hostOfUri(name.text));
    case 'email':
      return coversMailbox(subtree.text, name.text);
  }
}

function coversAddress(subtree: Subtree & { form: 'ip' }, address: Uint8Array): boolean | undefined {
  const { address: base, mask } = subtree;
  if (mask === undefined || (address.length !== 4 && address.length !== 16)) return undefined;
  return address.length === base.length && address.every((byte, i) => ((byte ^ base[i]!) & mask[i]!) === 0);
}

const LABEL = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?';
const HOST = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`);

/** The host itself and everything below it. A leading dot, which RFC 5280 does not know here, means only the latter. */
function coversDns(base: string, name: string, excluding: boolean): boolean | undefined {
  const wildcard = name.startsWith('*.');
  if (!HOST.test(wildcard ? name.slice(2) : name) || !isBase(base)) return undefined;
  if (base === '' || name === base || name.endsWith(base.startsWith('.') ? base : `.${base}`)) return true;
  const parent = base.indexOf('.');
  return excluding && wildcard && parent > 0 && base.slice(parent) === name.slice(1);
}

/** Of URIs and mail addresses: a host alone means this host, a leading dot all below it. */
function coversHost(base: string, host: string | undefined): boolean | undefined {
  if (host === undefined || !isBase(base)) return undefined;
  return base === '' || (base.startsWith('.') ? host.endsWith(base) : host === base);
}

/** A whole address, a host, or with a leading dot all hosts below it. The local part's case counts. */
function coversMailbox(base: string, name: string): boolean | undefined {
  const [local, host] = splitMailbox(name);
  if (local === undefined) return undefined;
  if (!base.includes('@')) return coversHost(base.toLowerCase(), host);
  const [baseLocal, baseHost] = splitMailbox(base);
  return baseLocal === undefined ? undefined : local === baseLocal && host === baseHost;
}

/** Plain addresses only: quoted local parts and non-ASCII ones cannot be compared. */
function splitMailbox(text: string): [string, string] | [undefined, undefined] {
  const at = text.indexOf('@');
  const [local, host] = [text.slice(0, at), text.slice(at + 1).toLowerCase()];
  return at > 0 && /^[!-~]+$/.test(local) && !local.includes('"') && HOST.test(host)
    ? [local, host]
    : [undefined, undefined];
}

/** Host of a URI with an authority; undefined for none, and for addresses, which no constraint can name. */
function hostOfUri(uri: string): string | undefined {
  const host = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@\\]*@)?([^/?#:@\\]+)(?::[0-9]*)?(?:[/?#]|$)/i
    .exec(uri)?.[1]
    ?.toLowerCase();
  return host !== undefined && HOST.test(host) && !/(?:^|\.)[0-9]+$/.test(host) ? host : undefined;
}

function isBase(base: string): boolean {
  return base === '' || HOST.test(base.startsWith('.') ? base.slice(1) : base);
}
