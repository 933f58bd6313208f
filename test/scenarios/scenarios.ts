/** All scenarios, in the order in which they are told. */
import type { Scenario } from './account.ts';
import { movedTag } from './moved-tag.ts';
import { validProvenanceBurst } from './valid-provenance-burst.ts';

export const SCENARIOS: readonly Scenario[] = [movedTag, validProvenanceBurst];
