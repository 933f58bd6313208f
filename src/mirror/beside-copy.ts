/** Copies what lies beside the leaves of a Countersign log, bundle by bundle, and again where the log says it changed. */
import { unexpected } from '../client/answer.ts';
import { LogMisbehaviour } from '../client/follow.ts';
import type { TreeHead, VerifiedCheckpoint } from '../client/log-key.ts';
import type { TileClient, VerifiedLeaf } from '../client/tile-client.ts';
import type { RequestOptions, Transport } from '../client/transport.ts';
import { equalBytes, parseDecimal } from '../core/bytes.ts';
import { openCheckpoint } from '../core/checkpoint.ts';
import { foldPeaks, peaks } from '../core/merkle.ts';
import { inconsistentTrees } from '../core/misbehaviour.ts';
import type { NoteVerifier } from '../core/note.ts';
import { parseEntryBundle, TILE_WIDTH } from '../core/tile.ts';
import type { Growth } from '../core/tile-edge.ts';
import type { MirrorPage } from '../http/mirror/mirror-page.ts';
import type { LogIdentity } from '../log/identity.ts';
import { nativeNoteVerifier } from '../log/native/native-notes.ts';
import { askBeside, type BesideEntry, readBeside } from './beside.ts';
import { type BesideLine, besideLines, isNote, writeBeside } from './beside-file.ts';
import { bundlesChangedBy, identityOfGenesis } from './late-changes.ts';
import { bundleNames, type MirrorFiles } from './mirror-files.ts';

/** A bundle whose leaves are proved. */
export interface ProvedBundle {
  bundle: number;
  leaves: readonly VerifiedLeaf[];
  /** An interrupted copy has left it whole. */
  isHeld: boolean;
  /** Entries that the stored checkpoint covers: whatever notes there are of such sizes were compared with its tree. */
  previous: number;
  /** What appending its new leaves did. */
  growth: Growth;
  newest: VerifiedCheckpoint;
}

export class BesideCopy {
  readonly #files: MirrorFiles;
  readonly #transport: Transport;
  readonly #client: TileClient;
  readonly #verifier: NoteVerifier;
  /** The log's own words, known once its genesis is copied. */
  #identity: LogIdentity | undefined;
  /** Bundles that statements of the log say to have changed, and those that were asked for since the checkpoint was. */
  readonly #changed = new Set<number>();
  readonly #fresh = new Set<number>();

  constructor(files: MirrorFiles, transport: Transport, client: TileClient, verifierKey: string) {
    this.#files = files;
    this.#transport = transport;
    this.#client = client;
    this.#verifier = nativeNoteVerifier(verifierKey);
  }

  /** A round begins: what one before it asked for, and never brought to its end, may have changed since. */
  begin(): void {
    this.#changed.clear();
    this.#fresh.clear();
  }

  /** @throws LogMisbehaviour; LogError answer_unexpected, proof_invalid, checkpoint_unverified, unreachable */
  async copy(proved: ProvedBundle, options: RequestOptions): Promise<void> {
    const { bundle, leaves, isHeld } = proved;
    await this.#knowLog(bundle);
    if (isHeld) {
      for await (const line of besideLines(this.#files, bundle)) {
        if (isNote(line)) await this.#checkNote(line.note, proved, options);
        else this.#take(line, leaves);
      }
      return;
    }
    this.#fresh.add(bundle);
    await writeBeside(this.#files, bundle, this.#lines(proved, options));
  }

  /** Asks again for the bundles that changed since they were copied. @returns how many */
  async refresh(options: RequestOptions): Promise<number> {
    const stale = [...this.#changed].filter((bundle) => !this.#fresh.has(bundle)).sort((a, b) => a - b);
    for (const bundle of stale) await writeBeside(this.#files, bundle, this.#linesAgain(bundle, options));
    return stale.length;
  }

  async *#lines(proved: ProvedBundle, options: RequestOptions): AsyncGenerator<BesideLine> {
    const { bundle, leaves, previous } = proved;
    const known = new Set<string>();
    for await (const line of besideLines(this.#files, bundle)) {
      if (isNote(line) && line.size <= previous) known.add(line.note);
    }
    for await (const page of this.#pages(leaves[0]!.index, leaves.length, options)) {
      for (const stated of page.entries) {
        this.#take(stated, leaves);
        yield stated;
      }
      for (const note of page.checkpoints) {
        if (!known.has(note)) await this.#checkNote(note, proved, options);
        yield { size: statedSize(note), note };
      }
    }
  }

  /** Notes do not change, and were verified when they were copied. */
  async *#linesAgain(bundle: number, options: RequestOptions): AsyncGenerator<BesideLine> {
    const bytes = await this.#files.read(bundleNames(bundle)(TILE_WIDTH));
    const leaves = parseEntryBundle(bytes).map((leaf, i) => ({ index: bundle * TILE_WIDTH + i, leaf }));
    const notes = [];
    for await (const line of besideLines(this.#files, bundle)) if (isNote(line)) notes.push(line);
    for await (const page of this.#pages(bundle * TILE_WIDTH, TILE_WIDTH, options)) {
      for (const stated of page.entries) {
        this.#read(stated, leaves);
        yield stated;
      }
      yield* notes.filter(({ size }) => size > page.from && size <= page.next);
    }
  }

  /** Pages over [start, start + count), cut where they reach beyond: that is copied with the leaves it belongs to. */
  async *#pages(start: number, count: number, options: RequestOptions): AsyncGenerator<MirrorPage> {
    const end = start + count;
    for (let from = start; from < end; ) {
      const page = await askBeside(this.#transport, from, options);
      if (page === undefined) throw unexpected('it no longer has what lies beside its leaves');
      if (page.next === from) throw unexpected('the page is empty');
      const next = Math.min(page.next, end);
      const checkpoints = page.checkpoints.filter((note) => statedSize(note) <= next);
      if (checkpoints.some((note) => statedSize(note) <= from)) throw unexpected('a checkpoint is on another page');
      yield { from, next, checkpoints, entries: page.entries.filter(({ index }) => index < end) };
      from = next;
    }
  }

  #read(stated: MirrorPage['entries'][number], leaves: readonly Pick<VerifiedLeaf, 'index' | 'leaf'>[]): BesideEntry {
    const leaf = leaves[stated.index - leaves[0]!.index];
    if (leaf === undefined) throw unexpected('an entry is of another bundle');
    return readBeside(stated, leaf.leaf);
  }

  #take(stated: MirrorPage['entries'][number], leaves: readonly VerifiedLeaf[]): void {
    const entry = this.#read(stated, leaves);
    if (entry.index === 0 && entry.payload !== undefined) this.#identity = identityOfGenesis(entry.payload.bytes);
    if (this.#identity === undefined) return;
    const { leaf } = leaves[entry.index - leaves[0]!.index]!;
    for (const changed of bundlesChangedBy(entry, leaf, this.#identity)) this.#changed.add(changed);
  }

  /** Reads the genesis statement that an earlier round copied. */
  async #knowLog(bundle: number): Promise<void> {
    if (this.#identity !== undefined || bundle === 0) return;
    for await (const line of besideLines(this.#files, 0)) {
      if (isNote(line) || line.index > 0) return;
      const leaves = parseEntryBundle(await this.#files.read(bundleNames(0)(TILE_WIDTH)));
      const { payload } = readBeside(line, leaves[0]!);
      if (payload !== undefined) this.#identity = identityOfGenesis(payload.bytes);
      return;
    }
  }

  /**
   * Checks the note of a size that the copy passes.
   * @throws LogMisbehaviour where the log signed another tree than that of its newest checkpoint
   */
  async #checkNote(note: string, { growth, newest }: ProvedBundle, options: RequestOptions): Promise<void> {
    const signed: TreeHead = openCheckpoint(note, this.#verifier, newest.origin);
    const nodes = peaks(signed.size).map((peak) => growth.node(peak));
    if (nodes.every((node) => node !== undefined) && equalBytes(foldPeaks(nodes), signed.root)) return;
    if (signed.size > newest.size) throw unexpected('a checkpoint is beyond the newest one');
    const { root, proof } = await this.#client.rootAt(signed.size, newest, options);
    if (equalBytes(root, signed.root)) return;
    throw new LogMisbehaviour(
      `the log signed a tree of ${signed.size} entries that its tree of ${newest.size} entries does not contain`,
      inconsistentTrees(this.#client.key.verifierKey, { ...signed, origin: newest.origin, note }, newest, {
        provenRoot: root,
        proof,
      }),
    );
  }
}

/** The size that a note states, unverified. */
function statedSize(note: string): number {
  const size = parseDecimal(note.split('\n', 2)[1] ?? '');
  if (size === undefined) throw unexpected('a checkpoint states no size');
  return size;
}
