/** Look-ups at one tree size always find the same, so whoever judges many artifacts at once makes each of them once. */
import type { Evidence } from '../../src/evidence/facts/evidence.ts';
import type { EvidenceSource } from '../../src/evidence/facts/evidence-source.ts';

type Look = EvidenceSource['find'];

export function remembered(source: EvidenceSource): EvidenceSource {
  const { origin, treeSize, rootHash, time } = source;
  const once = (look: Look): Look => {
    const known = new Map<string, Promise<readonly Evidence[]>>();
    return (term, limit, narrowing) => {
      const key = JSON.stringify([term.kind, term.value, limit, narrowing?.before, narrowing?.predicateType]);
      const found = known.get(key) ?? look(term, limit, narrowing);
      known.set(key, found);
      return found;
    };
  };
  return {
    ...{ origin, treeSize, rootHash, time },
    find: once((...asked) => source.find(...asked)),
    newest: once((...asked) => source.newest(...asked)),
  };
}
