/** All scenarios, in the order in which they are told. */
import type { Scenario } from './account.ts';
import { foreignIdentity } from './foreign-identity.ts';
import { leakedPublisher } from './leaked-publisher.ts';
import { movedTag } from './moved-tag.ts';
import { roguePush } from './rogue-push.ts';
import { stolenToken } from './stolen-token.ts';
import { validProvenanceBurst } from './valid-provenance-burst.ts';

export const SCENARIOS: readonly Scenario[] = [
  movedTag,
  stolenToken,
  validProvenanceBurst,
  roguePush,
  foreignIdentity,
  leakedPublisher,
];
