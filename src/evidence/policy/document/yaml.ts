/** YAML that says what it seems to say: no anchors, aliases, tags, directives, merge keys, duplicates, odd numbers. */
import { isAlias, isScalar, parseAllDocuments, visit } from 'yaml';
import { LogError } from '../../../core/errors.ts';

/** UTF-16 units. */
const LONGEST = 64 * 1024;

/**
 * The value of one YAML 1.2 document, JSON included. The library itself bounds nesting.
 * @throws LogError policy_invalid, naming the line where that is known
 */
export function readPlainYaml(source: string): unknown {
  if (source.length > LONGEST) throw invalid(`is longer than ${LONGEST} characters`);
  if (/^%/m.test(source)) throw invalid('must have no directives, and no line that begins with %');
  // `logLevel: error` keeps the library from writing warnings anywhere; they are refused below.
  const documents = parseAllDocuments(source, { version: '1.2', schema: 'core', uniqueKeys: true, logLevel: 'error' });
  if (!Array.isArray(documents) || documents.length !== 1) throw invalid('must be one YAML document');
  const document = documents[0]!;
  const fault = document.errors[0] ?? document.warnings[0];
  if (fault !== undefined) throw invalid(`is not YAML: ${FAULTS[fault.code] ?? fault.code}`, fault.linePos?.[0].line);
  const refuse = (what: string, node: unknown) => {
    const start = (node as { range?: readonly number[] }).range?.[0];
    throw invalid(what, start === undefined ? undefined : source.slice(0, start).split('\n').length);
  };
  visit(document, {
    Node: (_, node) => {
      if (isAlias(node)) return refuse('must have no aliases', node);
      if (node.anchor !== undefined) return refuse('must have no anchors', node);
      if (node.tag !== undefined) return refuse('must have no tags', node);
      if (isScalar(node) && typeof node.value === 'number' && !DECIMAL.test(node.source ?? '')) {
        return refuse('must have plain decimal numbers; put texts that look like others in quotes', node);
      }
      return undefined;
    },
    Pair: (_, { key }) => {
      if (isScalar(key) && typeof key.value === 'string' && key.value !== '<<') return undefined;
      return refuse('must have texts as keys', key);
    },
  });
  return document.toJS({ maxAliasCount: 0 });
}

const DECIMAL = /^(0|-?[1-9][0-9]*)$/;

const FAULTS: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'a key stands twice',
  TAG_RESOLVE_FAILED: 'tags are not known',
  RESOURCE_EXHAUSTION: 'it is nested too deep',
};

function invalid(what: string, line?: number): LogError {
  const at = line === undefined ? {} : { at: `line ${line}` };
  return new LogError('policy_invalid', `the policy ${what}`, at);
}
