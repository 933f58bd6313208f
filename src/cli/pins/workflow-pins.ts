/**
 * What GitHub's workflows and actions run: `uses` of actions and reusable workflows, images of containers and services.
 * What lies in the repository itself is part of the commit, and no pin.
 */
import { isMap, isScalar, LineCounter, type Pair, parseDocument, visit } from 'yaml';
import { LogError } from '../../core/errors.ts';
import { imagePin } from './image-pin.ts';
import type { Pin } from './pin.ts';

/** Below these a member means whatever its owner wants. */
const OPAQUE = new Set(['with', 'env', 'inputs', 'outputs', 'secrets', 'defaults', 'matrix']);

/** @throws LogError file_unreadable where the file is no YAML */
export function workflowPins(path: string, text: string): Pin[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [error] = document.errors;
  if (error !== undefined) {
    const line = lines.linePos(error.pos[0]).line;
    throw new LogError('file_unreadable', `${path}:${line} is no YAML: ${error.message.split('\n', 1)[0]}`);
  }
  const pins: Pin[] = [];
  visit(document, {
    Pair(_, pair) {
      const key = isScalar(pair.key) ? pair.key.value : undefined;
      if (typeof key !== 'string') return undefined;
      if (OPAQUE.has(key)) return visit.SKIP;
      const value = textOf(pair);
      if (value === undefined) return undefined;
      const at = `${path}:${lines.linePos(value.offset).line}`;
      if (key === 'uses') pins.push(...usesPin(value.text, at));
      // An action's own image is built from its repository, unless it says docker://.
      else if (key === 'container' || (key === 'image' && !isLocalImage(value.text)))
        pins.push(imagePin(value.text, at));
      return undefined;
    },
  });
  return pins;
}

function textOf({ value }: Pair): { text: string; offset: number } | undefined {
  if (!isScalar(value) || typeof value.value !== 'string' || isMap(value)) return undefined;
  return { text: value.value.trim(), offset: value.range?.[0] ?? 0 };
}

function isLocalImage(image: string): boolean {
  return image === 'Dockerfile' || image.startsWith('./') || image.endsWith('/Dockerfile');
}

/** `owner/repository/path@ref`, `docker://image`, `./path`. A ref that is no whole commit is a name that can move. */
function usesPin(uses: string, at: string): Pin[] {
  if (uses.startsWith('./') || uses.startsWith('../')) return [];
  if (uses.startsWith('docker://')) return [imagePin(uses, at)];
  const [, owner, repository, ref] = /^([^/@]+)\/([^/@]+)(?:\/[^@]*)?(?:@(.+))?$/.exec(uses) ?? [];
  if (owner === undefined || repository === undefined) return [{ uri: uses, at }];
  const uri = `git+https://github.com/${owner}/${repository}`;
  if (ref === undefined) return [{ uri, at }];
  return [/^[0-9a-f]{40}$/.test(ref) ? { uri, digest: { gitCommit: ref }, at } : { uri: `${uri}@${ref}`, at }];
}
