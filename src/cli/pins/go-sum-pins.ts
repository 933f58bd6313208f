/** Modules of Go's `go.sum`, by the hash of their files (golang.org/x/mod/sumdb/dirhash, in-toto's `dirHash`). */
import type { Pin } from './pin.ts';

/** Lines about a module's `go.mod` alone say nothing of its code. */
export function goSumPins(path: string, text: string): Pin[] {
  return text.split('\n').flatMap((line, i) => {
    const [module, version, hash] = line.trim().split(/\s+/);
    if (module === undefined || version === undefined || version.endsWith('/go.mod')) return [];
    const dirHash = hash?.startsWith('h1:') ? Buffer.from(hash.slice(3), 'base64').toString('hex') : '';
    const digest = dirHash.length === 64 ? { digest: { dirHash } } : {};
    return [{ name: `pkg:golang/${module}@${version}`, ...digest, at: `${path}:${i + 1}` }];
  });
}
