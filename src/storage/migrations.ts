/**
 * Where the migrations lie: at the package's root, at the same distance from this file, from what is compiled of it, and
 * from the program that it becomes a part of.
 */
export const MIGRATIONS = new URL('../../migrations/', import.meta.url);
