/** The rules by which credentials are recognised: those of secretlint, which are kept up by others, and a few of ours. */
import { rules as secretlintRules } from '@secretlint/secretlint-rule-preset-recommend';
import { OWN_PATTERNS } from './own-patterns.ts';

/** As much of secretlint's rules as is used: each looks through a text and reports what it finds. */
interface SecretlintRule {
  meta: { id: string };
  create(context: RuleContext, options: object): { file(source: RuleSource): unknown };
}

interface RuleContext {
  /** Messages would repeat what was found; nobody reads them here. */
  createTranslator(messages: object): () => object;
  report(finding: object): void;
}

interface RuleSource {
  content: string;
  filePath: string;
  ext: string;
  contentType: 'text';
}

/** Lets a comment in a text switch rules off. What somebody signed must not. */
const FILTER = '@secretlint/secretlint-rule-filter-comments';

const PREFIX = '@secretlint/secretlint-rule-';

/** Set by whichever rule is looking, within one call of `nameOfSecret`. */
let found = false;
const context: RuleContext = {
  createTranslator: () => () => ({}),
  report: () => {
    found = true;
  },
};

const rules = (secretlintRules as readonly SecretlintRule[])
  .filter(({ meta }) => meta.id !== FILTER)
  .map((rule) => ({ name: rule.meta.id.replace(PREFIX, ''), file: rule.create(context, {}).file }));

/** Names of secretlint's rules that are used. */
export const RULE_NAMES: readonly string[] = rules.map(({ name }) => name);

/** The name of the first rule that recognises a credential in a text; undefined where none does. */
export function nameOfSecret(text: string): string | undefined {
  for (const [name, pattern] of OWN_PATTERNS) if (pattern.test(text)) return name;
  const source: RuleSource = { content: text, filePath: '', ext: '', contentType: 'text' };
  for (const { name, file } of rules) {
    found = false;
    file(source);
    if (found) return name;
  }
  return undefined;
}
