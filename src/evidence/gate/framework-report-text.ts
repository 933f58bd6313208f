/** A framework report as a person reads it. */
import type { FrameworkReport, Gap, ReportedControl } from './framework-report.ts';

export function frameworkReportText(report: FrameworkReport): string {
  const { framework, policy, log, artifacts, complete, controls } = report;
  const allowed = artifacts.filter(({ decision }) => decision === 'ALLOW').length;
  const count = (status: ReportedControl['status']) => controls.filter((one) => one.status === status).length;
  return [
    `${framework.title}: ${count('evidenced')} controls evidenced, ${count('gaps')} with gaps, ${count('open')} open`,
    `  policy     ${policy.name} (sha256 ${policy.sha256.slice(0, 16)}…)`,
    `  log        ${log.origin}, size ${log.treeSize}, root ${log.rootHash.slice(0, 16)}…, ${log.feedSize} revocation events`,
    `  artifacts  ${artifacts.length}${complete ? '' : ', the newest of more'}; allowed ${allowed}`,
    ...controls.flatMap((control) => ['', ...controlLines(control, artifacts.length)]),
    '',
    `sha256 ${report.sha256}`,
  ].join('\n');
}

function controlLines({ id, title, status, holds, evidence, gaps }: ReportedControl, total: number): string[] {
  const lines = [`${id}  ${status}  ${title}`];
  if (holds.length > 0) lines.push(`  holds     ${holds.join(', ')}`);
  if (evidence.length > 0) lines.push(`  evidence  ${entries(evidence)}`);
  for (const [{ code, reason, artifacts }, rules] of together(gaps)) {
    lines.push(`  gap       ${rules.join(', ')}${code === undefined ? `: ${reason}` : ''}`);
    if (code === undefined) continue;
    lines.push(`            ${code}, ${artifacts.length} of ${total} artifacts, such as ${artifacts[0]}: ${reason}`);
  }
  return lines;
}

/** Rules that fall short for one reason of the same artifacts, with the first gap of each. */
function together(gaps: readonly Gap[]): [Gap, string[]][] {
  const groups = new Map<string, [Gap, string[]]>();
  for (const gap of gaps) {
    const key = JSON.stringify([gap.code, gap.reason, gap.artifacts]);
    const group = groups.get(key) ?? [gap, []];
    groups.set(key, group);
    group[1].push(gap.rule);
  }
  return [...groups.values()];
}

/** Of many the first and the last: the JSON form has all. */
function entries(indexes: readonly number[]): string {
  const shown = indexes.length <= 12 ? indexes : [...indexes.slice(0, 6), '…', ...indexes.slice(-5)];
  const count = indexes.length <= 12 ? '' : ` (${indexes.length} entries)`;
  return `[${shown.join(', ')}]${count}`;
}
