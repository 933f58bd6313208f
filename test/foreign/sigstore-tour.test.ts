/** The tour in docs/sigstore.md, command by command, with the real cosign. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { patternOf, play, stepsOf } from '../console-tour.ts';
import { CACHE, goProgram, type Program, ROOT, skipWhereAbsent } from './programs.ts';
import { type Server, startServer } from './server.ts';

const steps = stepsOf(readFileSync(join(ROOT, 'docs/sigstore.md'), 'utf8'));

describe('the tour in docs/sigstore.md', () => {
  let cosign: Program;
  let server: Server | undefined;
  let folder: string;
  let transcript: string[][] = [];

  beforeAll(async () => {
    cosign = await goProgram('github.com/sigstore/cosign/v3/cmd/cosign', 'v3.1.3');
    if (cosign.absent !== undefined) return;
    mkdirSync(CACHE, { recursive: true });
    folder = mkdtempSync(join(CACHE, 'tour-'));
    server = await startServer();
    const { url, verifierKey, timeVerifierKey } = server;
    const prelude = [
      `npx() { shift; ${process.execPath} ${join(ROOT, 'dist/program/main.js')} "$@"; }`,
      `cosign() { ${cosign.path} "$@"; }`,
      `export COUNTERSIGN_URL=${url} COUNTERSIGN_LOG_KEY='${verifierKey}' COUNTERSIGN_TIME_KEY='${timeVerifierKey}'`,
    ];
    transcript = await play(
      steps.map(({ command }) => command),
      prelude.join('\n'),
      folder,
    );
  });
  afterAll(async () => {
    await server?.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });
  skipWhereAbsent(() => cosign);

  it('has commands', () => {
    expect(steps.length).toBeGreaterThan(10);
  });

  it.each(steps.map((step, i) => ({ ...step, i })))('prints what the document says: $command', ({ output, i }) => {
    const printed = transcript[i] ?? [];
    for (const [line, text] of output.entries()) expect(printed[line]).toMatch(patternOf(text));
  });
});
