import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const source = new URL('../src/', import.meta.url);

/** Every module that is loaded with `entry`: files below src, and the names of packages. */
function reachableFrom(entry: string): { files: string[]; packages: string[] } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (url: URL): void => {
    const path = url.href.slice(source.href.length);
    if (files.has(path)) return;
    files.add(path);
    for (const match of readFileSync(fileURLToPath(url), 'utf8').matchAll(
      /^(import|export)\b([^;]*?)\bfrom '([^']+)';/gm,
    )) {
      const [, , names, specifier] = match as unknown as [string, string, string, string];
      if (names.startsWith(' type ')) continue;
      if (specifier.startsWith('.')) visit(new URL(specifier, url));
      else packages.add(specifier);
    }
  };
  visit(new URL(entry, source));
  return { files: [...files], packages: [...packages] };
}

it('the package as programs import it holds no server code and needs @noble and a parser of event streams only', () => {
  const { files, packages } = reachableFrom('index.ts');
  expect(files).toContain('core/proof.ts');
  expect(files.filter((file) => !/^(index\.ts|core\/|entry\/|client\/)/.test(file))).toEqual([]);
  expect(packages.filter((name) => !name.startsWith('@noble/'))).toEqual(['eventsource-parser/stream']);
});
