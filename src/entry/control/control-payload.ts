/** Whether a payload is a control statement, whoever signed it. */
import { readStatement } from '../leaf/statement.ts';
import { isControlType } from './control-type.ts';

/** Reads as much of it as that takes. What is no statement, or unreadable, is none. */
export function isControlPayload(payload: { bytes: Uint8Array; type: string }): boolean {
  try {
    const statement = readStatement(payload.bytes, payload.type);
    return statement !== undefined && isControlType(statement.predicateType);
  } catch {
    // Refused when it is submitted; whoever audits stored bytes must get through all the same.
    return false;
  }
}
