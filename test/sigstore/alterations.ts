/** Every way in which a JSON document is altered here: each string in it, one at a time, changed as little as can be. */

export interface Alteration {
  /** Where, as a JSON path without the root: `verificationMaterial.tlogEntries.0.logIndex`. */
  path: string;
  document: unknown;
}

export function* alterations(document: unknown): Generator<Alteration> {
  for (const { path, text } of strings(document, [])) {
    for (const { part, altered } of alteredTexts(text)) {
      const name = part === undefined ? path.join('.') : `${path.join('.')}, ${part}`;
      yield { path: name, document: replaced(document, path, altered) };
    }
  }
}

interface AlteredText {
  /** Where in the text, if it has parts with names. */
  part?: string;
  altered: string;
}

function* strings(value: unknown, path: string[]): Generator<{ path: string[]; text: string }> {
  if (typeof value === 'string') yield { path, text: value };
  else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) yield* strings(member, [...path, name]);
  }
}

function alteredTexts(text: string): AlteredText[] {
  if (/^[0-9]+$/.test(text)) return [{ altered: String(Number(text) + 1) }];
  if (text.includes('\n')) return alteredLines(text);
  if (isBase64(text)) return alteredBytes(Buffer.from(text, 'base64'));
  return [{ altered: `${text.slice(0, -1)}${text.endsWith('x') ? 'y' : 'x'}` }];
}

/** A checkpoint: the last word of each of its lines. */
function alteredLines(text: string): AlteredText[] {
  const lines = text.split('\n');
  return lines.flatMap((line, i) => {
    if (line === '') return [];
    const words = line.split(' ');
    const last = alteredTexts(words.pop()!).at(-1)!.altered;
    return [{ part: `line ${i + 1}`, altered: lines.with(i, [...words, last].join(' ')).join('\n') }];
  });
}

/** One bit: of bytes within and at the end; of a timestamp, in each part that it is made for. */
function alteredBytes(bytes: Buffer): AlteredText[] {
  const within = timestampParts(bytes) ?? [0.25, 0.5, 0.75].map((share) => Math.floor(share * bytes.length));
  return [...within, bytes.length - 1].map((place) => {
    const altered = Buffer.from(bytes);
    altered[place]! ^= 1;
    return { altered: altered.toString('base64') };
  });
}

/** Where an RFC 3161 timestamp has its imprint and its time. The certificate in it is signed by nobody who matters. */
function timestampParts(bytes: Buffer): number[] | undefined {
  const info = bytes.indexOf(TST_INFO);
  if (info === -1) return undefined;
  const imprint = bytes.indexOf(OCTETS_OF_32, info);
  const time = bytes.toString('latin1').search(/20[0-9]{12}Z/);
  return [imprint + OCTETS_OF_32.length, time + '20YYMMDDhhmm'.length];
}

/** Content type of a TSTInfo, 1.2.840.113549.1.9.16.1.4. */
const TST_INFO = Buffer.from('060b2a864886f70d0109100104', 'hex');
const OCTETS_OF_32 = Buffer.from('0420', 'hex');

function isBase64(text: string): boolean {
  return text.length >= 16 && Buffer.from(text, 'base64').toString('base64') === text;
}

function replaced(value: unknown, [name, ...rest]: readonly string[], text: string): unknown {
  if (name === undefined) return text;
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[name] = replaced(copy[name], rest, text);
  return copy;
}
