/**
 * Refuses payloads that hold credentials. Provenance often carries the environment of its build, and what is logged is
 * public for ever; so whoever is about to publish a token hears of it, instead of everyone else.
 *
 * It finds what people leave in by mistake. It is no obstacle to somebody who means to publish a secret.
 */
import { decodeUtf8 } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import { mayHoldSecret, nextHint } from './secret-hints.ts';
import { nameOfSecret } from './secret-rules.ts';

/** What the rules are given of a text around a hint, UTF-16 units: bounds what an odd text makes them do. */
const BEFORE_HINT = 320;
const AFTER_HINT = 1600;
/** Hints of one payload that are followed: beyond it, a text only looks as if it were full of credentials. */
const MOST_HINTS = 200;

/**
 * @throws LogError secret_submitted, `at` being the JSON pointer (RFC 6901) of the string, or of the object that has it as
 * a member's name; empty where the payload is no JSON. Neither message nor pointer repeats what was found.
 */
export function refuseSecrets(payload: Uint8Array): void {
  // Credentials are ASCII, so that any decoding that keeps ASCII will do for the first look.
  const raw = Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('latin1');
  if (!mayHoldSecret(payload, raw)) return;
  const text = decodeUtf8(payload) ?? raw;
  const look = new Look();
  const document = parsed(text);
  if (document === undefined) look.at(text, undefined);
  else look.within(document);
}

/** A value in a document, and how it is reached. */
interface Place {
  value: unknown;
  /** Undefined for the document itself. */
  parent: Place | undefined;
  /** Name of the member, or position in the list. */
  name: string | number;
}

/** One look through one payload. */
class Look {
  /** Counted over all of its texts. */
  #hints = 0;

  /** Visits every string of a document, in no order, with the names that the strings go by. */
  within(document: unknown): void {
    const pending: Place[] = [{ value: document, parent: undefined, name: '' }];
    for (let place = pending.pop(); place !== undefined; place = pending.pop()) {
      const { value } = place;
      if (typeof value === 'string') this.at(named(place.name, value), place);
      else if (Array.isArray(value)) {
        for (const [name, item] of value.entries()) pending.push({ value: item, parent: place, name });
      } else if (typeof value === 'object' && value !== null) this.#members(value, place, pending);
    }
  }

  #members(value: object, place: Place, pending: Place[]): void {
    const members = Object.entries(value);
    // Before what is below them: a pointer names them.
    for (const [name] of members) this.at(name, place);
    for (const [name, item] of members) pending.push({ value: item, parent: place, name });
    // Lists of variables say the name beside the value.
    const { name, key = name, value: said } = value as Record<string, unknown>;
    if (typeof key === 'string' && typeof said === 'string') {
      this.at(named(key, said), { value: said, parent: place, name: 'value' });
    }
  }

  /** @throws LogError secret_submitted */
  at(text: string, place: Place | undefined): void {
    // Windows overlap by what a rule may look at before the hint, so that none is missed at an edge.
    for (let hint = nextHint(text, 0); hint !== undefined; hint = nextHint(text, hint + AFTER_HINT - BEFORE_HINT)) {
      if (++this.#hints > MOST_HINTS) return;
      const kind = nameOfSecret(text.slice(Math.max(0, hint - BEFORE_HINT), hint + AFTER_HINT));
      if (kind !== undefined) throw refusal(kind, pointerOf(place));
    }
  }
}

/** Some credentials are recognised by what they are called. */
function named(name: string | number, value: string): string {
  return typeof name === 'number' || name === '' ? value : `${name}="${value}"`;
}

function pointerOf(place: Place | undefined): string {
  let pointer = '';
  for (let at = place; at?.parent !== undefined; at = at.parent) {
    pointer = `/${String(at.name).replaceAll('~', '~0').replaceAll('/', '~1')}${pointer}`;
  }
  return pointer;
}

/** The document that a text is; undefined where it is none, or a number and the like. */
function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' || typeof value === 'string' ? (value ?? undefined) : undefined;
  } catch {
    return undefined;
  }
}

function refusal(kind: string, at: string): LogError {
  const message =
    `the payload holds what looks like a credential (${kind}), and what is logged is public: revoke it, ` +
    'make the attestation without it, and sign that';
  return new LogError('secret_submitted', message, { at });
}
