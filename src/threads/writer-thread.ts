/** The writer thread: nothing else in the process signs, or writes `log.db`. */
import { parentPort, workerData } from 'node:worker_threads';
import { asItemError } from '../log/item-error.ts';
import type { PublishedHead } from '../log/log.ts';
import type { SequencerEvents } from '../log/sequencer.ts';
import type { FromWriter, ToWriter, WriterSettings } from './messages.ts';
import { packAnswers, packIndexed, unpackEntries } from './packing.ts';
import { Writer } from './writer.ts';

const port = parentPort!;

/** Said in this turn. A head and the answers under it are one message: half of what waking the other thread costs. */
let outbox: FromWriter[] = [];
let transfers: ArrayBuffer[] = [];

function tell(message: FromWriter, transfer: ArrayBuffer[] = []): void {
  if (outbox.length === 0) process.nextTick(send);
  outbox.push(message);
  transfers.push(...transfer);
}

function send(): void {
  port.postMessage(outbox, transfers);
  outbox = [];
  transfers = [];
}

/** The head that the main thread has heard of last. */
let published: PublishedHead;

const events: SequencerEvents = {
  published(head, indexed) {
    published = head;
    const packed = packIndexed(indexed);
    tell({ published: head, indexed: packed }, [packed.buffer]);
  },
  answered(answers) {
    const packed = packAnswers(answers, published);
    tell({ answered: packed }, [packed.buffer]);
  },
  writeState: (state) => tell({ writeState: state }),
  fatal: (error) => tell({ fatal: error }),
};

function serve(writer: Writer): void {
  port.on('message', (message: ToWriter) => {
    if ('begin' in message) writer.begin(message.begin.salt, events, () => tell({ indexDamaged: true }));
    else if ('merged' in message) writer.merged(message.merged);
    else if ('state' in message) writer.state(message.state.ticket, message.state.statement);
    else if ('entriesFrom' in message) {
      message.entriesFrom.on('message', (packed: Uint8Array) => writer.offer(unpackEntries(packed)));
    } else {
      void writer.close().then(() => {
        tell({ closed: true });
        send();
        port.close();
        process.exit();
      });
    }
  });
  published = writer.opened.head;
  tell({ opened: writer.opened });
}

try {
  serve(Writer.open(workerData as WriterSettings));
} catch (error) {
  tell({ refused: asItemError(error) });
}
