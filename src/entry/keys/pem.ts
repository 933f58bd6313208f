/** PEM blocks (RFC 7468, strict form): canonical base64 in the body, nothing outside the blocks. */
import { fromBase64, toBase64 } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import { refusePrivateKeyText } from './private-key.ts';

export type PemLabel = 'PUBLIC KEY' | 'CERTIFICATE';

/** DER of the one block that the text is. Errors as `readPemBlocks`. */
export function readPem(text: string, label: PemLabel): Uint8Array {
  const blocks = readPemBlocks(text, label);
  if (blocks.length !== 1) throw malformed(label, 'one PEM block is expected');
  return blocks[0]!;
}

/**
 * DER of each block, in order; at least one.
 * @throws LogError private_key_submitted, malformed_key or malformed_certificate by label
 */
export function readPemBlocks(text: string, label: PemLabel): Uint8Array[] {
  refusePrivateKeyText(text);
  const begin = `-----BEGIN ${label}-----`;
  const end = `-----END ${label}-----`;
  const blocks: Uint8Array[] = [];
  for (let rest = text.trim(); rest !== ''; ) {
    const stop = rest.indexOf(end);
    if (!rest.startsWith(begin) || stop === -1) {
      throw malformed(label, `only PEM blocks of type ${label} are accepted, with nothing around them`);
    }
    const body = rest.slice(begin.length, stop);
    // White space within the body is line ends and, as some tools do, indentation.
    blocks.push(readBody(body.replace(/[\r\n\t ]+/g, ''), label));
    rest = rest.slice(stop + end.length).trim();
  }
  if (blocks.length === 0) throw malformed(label, 'a PEM block is expected');
  return blocks;
}

/** One PEM block as encoders write it: lines of 64 characters, a newline at the end (RFC 7468 §2). */
export function formatPem(der: Uint8Array, label: PemLabel): string {
  const lines = toBase64(der).replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

function readBody(base64: string, label: PemLabel): Uint8Array {
  try {
    return fromBase64(base64);
  } catch {
    throw malformed(label, 'the PEM body is not canonical base64');
  }
}

function malformed(label: PemLabel, message: string): LogError {
  return new LogError(label === 'CERTIFICATE' ? 'malformed_certificate' : 'malformed_key', message);
}
