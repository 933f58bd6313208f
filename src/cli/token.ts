/** `countersign token`: a bearer token for one submitter, and the line of configuration that admits it. */
import { createHash, randomBytes } from 'node:crypto';
import { LogError } from '../core/errors.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { type Output, remark, writeResult } from './output.ts';

export interface TokenOptions {
  /** Names the submitter in the server's logs and limits. */
  name: string;
  /** Seconds from now on for which it admits; without it, until it is taken out of the configuration. */
  expires?: number;
}

export function runToken(options: TokenOptions, output: Output): ExitCode {
  const { expires: lifetime } = options;
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(options.name)) {
    throw new LogError('usage', 'the name of a token is 1 to 64 letters, digits, dots, dashes and underscores');
  }
  const token = randomBytes(32).toString('base64url');
  const sha256 = createHash('sha256').update(token).digest('hex');
  const expires = lifetime === undefined ? undefined : moment(output.io.now() + lifetime);
  const config = `- { name: ${options.name}, sha256: ${sha256}${expires === undefined ? '' : `, expires: ${expires}`} }`;
  writeResult(output, { token, name: options.name, sha256, expires }, `${token}\n${config}`);
  if (output.format === 'text') {
    remark(
      output.io,
      'The first line is the token: it is shown once, and the submitter sets it as COUNTERSIGN_TOKEN.\n' +
        "The second goes into the server's configuration, under admission: tokens:",
    );
  }
  return EXIT.done;
}

/** As the configuration reads it. */
function moment(time: number): string {
  return `${new Date(time * 1000).toISOString().slice(0, 19)}Z`;
}
