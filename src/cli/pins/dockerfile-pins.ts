/** Images that a Dockerfile starts from, copies from and mounts. Stages of its own are none. */
import { imagePin } from './image-pin.ts';
import type { Pin } from './pin.ts';

/** An image that is named by a variable can be chosen by whoever builds, and is not pinned. */
export function dockerfilePins(path: string, text: string): Pin[] {
  const stages = new Set<string>(['scratch']);
  const pins: Pin[] = [];
  /** The word that ends the here-document which the line is in. */
  let until: string | undefined;
  for (const [i, line] of text.split('\n').entries()) {
    if (until !== undefined) {
      if (line.trim() === until) until = undefined;
      continue;
    }
    if (/^\s*#/.test(line)) continue;
    const at = `${path}:${i + 1}`;
    const [, image, stage] = /^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/i.exec(line) ?? [];
    const others = [...line.matchAll(/(?:\s--from=|[,=]from=)([^\s,]+)/g)].map(([, from]) => from!);
    for (const one of image === undefined ? others : [image]) {
      if (!stages.has(one.toLowerCase()) && !/^\d+$/.test(one)) pins.push(imagePin(one, at));
    }
    if (stage !== undefined) stages.add(stage.toLowerCase());
    until = /^\s*(?:RUN|COPY|ADD)\b.*<<-?["']?(\w+)/i.exec(line)?.[1];
  }
  return pins;
}
