import { afterEach, beforeEach, expect, it } from 'vitest';
import { SignerRegister } from '../../../src/evidence/facts/signer-register.ts';
import { envelope, statement, testKey } from '../../fixtures/make.ts';
import { githubProvenance } from '../../fixtures/predicates.ts';
import { createInlineLog, type InlineLog } from '../../inline-log.ts';
import { BUILD, build, evidenceLog } from '../evidence-log.ts';

let log: InlineLog;
beforeEach(async () => {
  log = await createInlineLog();
});
afterEach(() => log.close());

it('counts an entry once for each of its signers, and once for who signed it twice', async () => {
  const [one, other] = [testKey('p256', 'one'), testKey('p256', 'other')];
  const keys = [one, one, other];
  const verifiers = keys.map(({ pem }) => ({ publicKey: pem }));
  const { index } = await log.add({ envelope: envelope(statement(), keys), verifiers });
  const register = new SignerRegister();
  register.add(index, log.reader.entry(index).leaf);
  expect(register.signers.map(({ entries, first, last }) => [entries, first, last])).toEqual([
    [1, index, index],
    [1, index, index],
  ]);
});

it('keeps a bounded number of repositories for an identity', async () => {
  const made = await evidenceLog();
  const register = new SignerRegister();
  for (let i = 0; i < 102; i++) {
    const facts = { ...BUILD, sourceRepositoryURI: `https://github.com/acme/${i}` };
    const index = await made.state({ ...githubProvenance, subject: [{ digest: { sha512: `${i}` } }] }, build(facts));
    register.add(index, made.log.reader.entry(index).leaf);
  }
  await made.log.close();
  expect(register.signers.map(({ entries, repositories }) => [entries, repositories.length])).toEqual([[102, 100]]);
});
