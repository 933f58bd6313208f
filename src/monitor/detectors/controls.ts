/** Control statements: what somebody revoked, suspended or gave back. */
import type { Detector } from '../detector.ts';

const PREFIX = 'urn:countersign:control:';

export function controls(): Detector {
  return {
    name: 'controls',
    state: () => null,
    observe({ predicateType, index, loggedAt: time }) {
      if (predicateType?.startsWith(PREFIX) !== true) return [];
      const about = predicateType.slice(PREFIX.length).replace(/:v\d+$/, '');
      return [{ kind: 'control-statement', index, time, about, message: `a control statement was logged: ${about}` }];
    },
  };
}
