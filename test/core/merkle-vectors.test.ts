import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verifyConsistency, verifyInclusion } from '../../src/core/proof.ts';
import { verifySubtreeConsistency, verifySubtreeInclusion } from '../../src/core/subtree.ts';
import { SHARED_ABSENT, shared } from '../shared.ts';
import { verdict } from './verdict.ts';

/** The proof probes of transparency-dev/merkle: some 300 claims, nearly all of which must be refused. */
interface Probe {
  leafIdx?: number | string;
  treeSize?: number | string;
  start?: number | string;
  end?: number | string;
  size?: number | string;
  size1?: number | string;
  size2?: number | string;
  root?: string;
  root1?: string;
  root2?: string;
  leafHash?: string;
  proof: string[] | null;
  desc: string;
  wantErr: boolean;
}

const number = (value: number | string | undefined) => Number(BigInt(value!));
const hash = (text: string | null | undefined) => new Uint8Array(Buffer.from(text ?? '', 'base64'));

function judge(kind: string, probe: Probe): unknown {
  const proof = (probe.proof ?? []).map(hash);
  const leaf = { index: probe.leafIdx === undefined ? 0 : number(probe.leafIdx), leafHash: hash(probe.leafHash) };
  const subtree = () => ({ start: number(probe.start), end: number(probe.end), proof });
  const verifiers: Record<string, () => void> = {
    inclusion: () => verifyInclusion({ ...leaf, size: number(probe.treeSize), root: hash(probe.root), proof }),
    consistency: () =>
      verifyConsistency({
        first: number(probe.size1),
        second: number(probe.size2),
        firstRoot: hash(probe.root1),
        secondRoot: hash(probe.root2),
        proof,
      }),
    subtreeinclusion: () => verifySubtreeInclusion({ ...leaf, ...subtree(), root: hash(probe.root) }),
    subtreeconsistency: () =>
      verifySubtreeConsistency({
        ...subtree(),
        size: number(probe.size),
        subtreeRoot: hash(probe.root1),
        root: hash(probe.root2),
      }),
  };
  return verdict(verifiers[kind]!);
}

/** JSON.parse rounds integers beyond 2^53 without a word: they are quoted first and read as BigInt. */
function parseExactly(json: string): Probe {
  return JSON.parse(json.replace(/(:\s*)(\d{16,})/g, '$1"$2"')) as Probe;
}

const COUNTS = { inclusion: [55, 2], consistency: [66, 4], subtreeinclusion: [128, 9], subtreeconsistency: [74, 7] };

describe.each(Object.entries(COUNTS))('%s', (kind, [total, good]) => {
  const folder = shared(`vectors/merkle/${kind}`);

  it.skipIf(folder === undefined)(`gives the verdicts of the vectors${folder ? '' : `: ${SHARED_ABSENT}`}`, () => {
    const files = readdirSync(folder!, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'));
    const probes = files.map((name) => ({ name, ...parseExactly(readFileSync(join(folder!, name), 'utf8')) }));
    expect(probes).toHaveLength(total!);
    expect(probes.filter((probe) => !probe.wantErr)).toHaveLength(good!);
    const wrong = probes.filter((probe) => judge(kind, probe) !== (probe.wantErr ? 'proof_invalid' : 'accepted'));
    expect(wrong.map((probe) => probe.name)).toEqual([]);
  });
});

const large = shared('vectors/merkle/subtreeinclusion/errors/invalid-large-subtree.json');

it.skipIf(large === undefined)(`reads integers above 2^53 as they stand${large ? '' : `: ${SHARED_ABSENT}`}`, () => {
  expect(parseExactly(readFileSync(large!, 'utf8')).end).toBe('9223372036854775810');
});
