/** A folder for a whole test file; `useServers` removes its own after each test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'countersign-server-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
