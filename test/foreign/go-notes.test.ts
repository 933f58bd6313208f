/** Signed notes against golang.org/x/mod/sumdb/note, and cosignatures against transparency-dev/formats. */
import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCheckpoint, openCheckpoint } from '../../src/core/checkpoint.ts';
import { cosigner, openCosignature } from '../../src/core/cosignature.ts';
import { ed25519PublicKey } from '../../src/core/ed25519.ts';
import { sha256 } from '../../src/core/hash.ts';
import {
  ed25519NoteSigner,
  formatVerifierKey,
  NOTE_COSIGNATURE_V1,
  NOTE_ED25519,
  openNote,
  signNote,
  verifierOf,
} from '../../src/core/note.ts';
import type { Judge } from './judge.ts';
import { useJudgedServer } from './judged-server.ts';
import { getText, type Server } from './server.ts';

const COSIGNATURE = 'cosignature/v1';

let judge: Judge;
let server: Server;

useJudgedServer((startedJudge, startedServer) => {
  judge = startedJudge;
  server = startedServer;
});

const NAME = 'log.example/2026';
const seed = sha256(Uint8Array.of(1));
const vkeyOf = (algorithm: number) => formatVerifierKey(NAME, algorithm, ed25519PublicKey(seed));

/** Lines that a note may have: any text but control characters, blank lines included. */
const line = fc.string({ unit: 'grapheme' }).filter((text) => !/[\p{Cc}\p{Surrogate}]/u.test(text));
const noteText = fc.array(line, { minLength: 1, maxLength: 5 }).map((lines) => `${lines.join('\n')}\n`);
const checkpointText = fc
  .tuple(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), fc.uint8Array({ minLength: 32, maxLength: 32 }))
  .map(([size, root]) => formatCheckpoint({ origin: NAME, size, root, extensions: [] }));

describe('notes of our core', () => {
  it('are opened by Go, whatever their text', async () => {
    const vkey = vkeyOf(NOTE_ED25519);
    await fc.assert(
      fc.asyncProperty(noteText, async (text) => {
        const note = signNote(text, [ed25519NoteSigner(NAME, seed)]);
        expect(await judge.ask({ do: 'openNote', note, vkey })).toEqual({ text, unverified: 0 });
        const forged = note.replace(text, `${text}forged\n`);
        expect(await judge.accepts({ do: 'openNote', note: forged, vkey })).toBe(false);
      }),
    );
  });

  it('carry cosignatures that Go verifies, with their time', async () => {
    const vkey = vkeyOf(NOTE_COSIGNATURE_V1);
    const time = fc.integer({ min: 1, max: 253_402_300_799 });
    await fc.assert(
      fc.asyncProperty(checkpointText, time, async (text, at) => {
        const note = signNote(text, [ed25519NoteSigner(NAME, seed), cosigner(NAME, seed).at(at)]);
        const question = { do: 'openNote', vkey, algorithm: COSIGNATURE };
        expect(await judge.ask({ ...question, note })).toEqual({ text, time: at, unverified: 1 });
        expect(await judge.accepts({ ...question, note: note.replace(NAME, 'log.example/2027') })).toBe(false);
      }),
    );
  });
});

describe('notes of Go', () => {
  it('are opened by our core, whatever their text', async () => {
    await fc.assert(
      fc.asyncProperty(noteText, async (text) => {
        const { note, vkey } = await judge.ask<{ note: string; vkey: string }>({ do: 'signNote', name: NAME, text });
        expect(openNote(note, [verifierOf(vkey)]).text).toBe(text);
      }),
    );
  });

  it('carry cosignatures that our core verifies, with their time', async () => {
    await fc.assert(
      fc.asyncProperty(checkpointText, async (text) => {
        const before = Math.floor(Date.now() / 1000);
        type Signed = { note: string; vkey: string; cosignVkey: string };
        const signed = await judge.ask<Signed>({ do: 'signNote', name: NAME, text, cosign: true });
        expect(openCheckpoint(signed.note, verifierOf(signed.vkey)).text).toBe(text);
        const { time } = openCosignature(signed.note, verifierOf(signed.cosignVkey));
        expect(time - before).toBeGreaterThanOrEqual(0);
        expect(time - before).toBeLessThan(60);
      }),
    );
  });
});

describe('the server', () => {
  it('serves a checkpoint that Go opens with the log key', async () => {
    const note = await getText(server, '/checkpoint');
    const opened = await judge.ask<{ text: string }>({ do: 'openNote', note, vkey: server.verifierKey });
    expect(opened.text).toBe(openCheckpoint(note, verifierOf(server.verifierKey)).text);
  });

  it('stamps it with a time that Go reads with the time key', async () => {
    const note = await getText(server, '/checkpoint');
    const question = { do: 'openNote', note, vkey: server.timeVerifierKey, algorithm: COSIGNATURE };
    expect(await judge.ask(question)).toMatchObject(openCosignature(note, verifierOf(server.timeVerifierKey)));
  });

  it('is not believed under another key', async () => {
    const other = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
    const note = await getText(server, '/checkpoint');
    const vkey = formatVerifierKey(server.origin, NOTE_ED25519, Uint8Array.from(other));
    expect(await judge.accepts({ do: 'openNote', note, vkey })).toBe(false);
  });
});
