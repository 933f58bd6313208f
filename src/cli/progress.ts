/** A progress bar on stderr, only where a person watches. */
import type { Io } from './io.ts';

export interface Progress {
  /** @param total undefined where it is not known yet */
  update(done: number, total?: number): void;
  stop(): void;
}

/** @param unit what is counted, in the plural */
export async function startProgress(io: Io, unit: string): Promise<Progress> {
  if (!io.interactive) return SILENT;
  const { default: cliProgress } = await import('cli-progress');
  const bar = new cliProgress.SingleBar({
    format: `{bar} {value}/{total} ${unit}`,
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
    etaBuffer: 100,
  });
  bar.start(0, 0);
  return {
    update(done, total) {
      bar.setTotal(total ?? done);
      bar.update(done);
    },
    stop: () => bar.stop(),
  };
}

const SILENT: Progress = { update() {}, stop() {} };
