/** Scenarios as they are printed. */
import { type Account, type Check, type Event, holds, type Scenario, type Shown } from './account.ts';

/** One line of the story, or one check: what was expected is said where it was not found. */
export function lineOf(entry: Event | Check): string {
  if ('text' in entry) return `  ${moment(entry.time)}  ${entry.text}`;
  const { name, expected, actual } = entry;
  return holds(entry)
    ? `    ok    ${name}: ${text(actual)}`
    : `    FAIL  ${name}: ${text(actual)}, not ${text(expected)}`;
}

export function accountJson({ name, title }: Scenario, { events, checks }: Account) {
  return {
    ...{ scenario: name, title, holds: checks.every(holds) },
    checks,
    events: events.map(({ time, text }) => ({ time: moment(time), text })),
  };
}

function text(value: Shown): string {
  if (Array.isArray(value)) return value.map(text).join(', ');
  if (typeof value !== 'object') return String(value);
  return Object.entries(value)
    .map(([name, one]) => `${name} ${text(one as Shown)}`)
    .join(', ');
}

function moment(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ');
}
