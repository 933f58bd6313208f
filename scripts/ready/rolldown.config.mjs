/**
 * Puts the program together from what was compiled: its main file and those of its threads, each with all that it needs
 * in a few files of one folder. Loaded one by one, the modules of a server and its threads take a third of the
 * processor time of a start.
 */
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { defineConfig } from 'rolldown';

const threads = readdirSync('dist/threads').filter((name) => name.endsWith('-thread.js'));
const files = ['dist/cli/main.js', ...threads.map((name) => `dist/threads/${name}`)];

export default defineConfig({
  input: Object.fromEntries(files.map((file) => [basename(file, '.js'), file])),
  platform: 'node',
  // Found at run time, or done without.
  external: ['better-sqlite3', 'msgpackr-extract'],
  output: {
    // As deep below the root as what reads files from there by a relative path.
    dir: 'dist/program',
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'part-[name]-[hash].js',
    sourcemap: true,
  },
});
