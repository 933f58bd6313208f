/** What is told to people while a checkout is made ready. */

/** Something is missing that cannot be installed from here. The message says what, and how to get it. */
export class NotReady extends Error {
  /** @override */
  name = 'NotReady';
}

/**
 * Tells a person something, on stderr: stdout belongs to the program that runs afterwards.
 * @param {string} message
 */
export function say(message) {
  process.stderr.write(`${message}\n`);
}
