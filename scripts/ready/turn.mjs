/** One at a time: two programs that are started in a fresh checkout must not both install into the same folder. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { say } from './report.mjs';

const ASK_AGAIN_MS = 200;

/**
 * Does work while no other process does it in this checkout, and waits for one that does. Whoever died while it had
 * the turn is found by its process id, and its turn is over.
 * @template T
 * @param {string} root
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function inTurn(root, work) {
  const file = join(root, '.cache', 'ready.turn');
  mkdirSync(join(root, '.cache'), { recursive: true });
  let told = false;
  while (!take(file)) {
    if (!told) say('Another process is making this checkout ready; waiting for it …');
    told = true;
    await wait(ASK_AGAIN_MS);
  }
  const giveUp = () => rmSync(file, { force: true });
  process.on('exit', giveUp);
  try {
    return await work();
  } finally {
    process.off('exit', giveUp);
    giveUp();
  }
}

/** @param {string} file */
function take(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    endTurnOfTheDead(file);
    return false;
  }
}

/**
 * Moves the file away before removing it, so that of several who find it only one does, and what it moved is looked at
 * again: it may be the turn of somebody who was quicker.
 * @param {string} file
 */
function endTurnOfTheDead(file) {
  const moved = `${file}.${process.pid}`;
  try {
    if (isAlive(readFileSync(file, 'utf8'))) return;
    renameSync(file, moved);
    if (isAlive(readFileSync(moved, 'utf8'))) renameSync(moved, file);
    else rmSync(moved);
  } catch (error) {
    // It ended meanwhile.
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error;
  }
}

/** @param {string} pid empty while its owner is writing it */
function isAlive(pid) {
  if (pid === '') return true;
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}
