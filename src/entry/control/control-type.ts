/** Predicate types of control statements: `urn:countersign:control:<event>:v1`. */

export const CONTROL_EVENTS = [
  'authority-set',
  'key-authorize',
  'key-rotate',
  'key-revoke',
  'identity-suspend',
  'identity-reinstate',
  'builder-revoke',
  'withdraw',
  'artifact-quarantine',
  'artifact-revoke',
  'artifact-clear',
  'dependency-taint',
  'supersede',
  'exception-grant',
  'policy-set',
] as const;

export type ControlEventName = (typeof CONTROL_EVENTS)[number];

const PREFIX = 'urn:countersign:control:';

/** True for every predicate type of this family, those that nobody knows too. */
export function isControlType(predicateType: string): boolean {
  return predicateType.startsWith(PREFIX);
}

export function controlType(event: ControlEventName): string {
  return `${PREFIX}${event}:v1`;
}

/** The event that a predicate type names; undefined where it is not known. */
export function controlEventOf(predicateType: string): ControlEventName | undefined {
  return CONTROL_EVENTS.find((event) => controlType(event) === predicateType);
}
