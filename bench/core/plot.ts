/** Draws results as bars, in an SVG that needs nothing else and can be read on light and on dark pages. */
import type { Result } from './core.ts';

const BAR = { height: 16, gap: 6, labels: 230, width: 520, figures: 110 };

/** @param results with their names as they are; the bars are logarithmic, since they span four powers of ten */
export function plotResults(results: readonly Result[], title: string): string {
  const step = BAR.height + BAR.gap;
  const height = 50 + step * results.length;
  const width = BAR.labels + BAR.width + BAR.figures;
  const logs = results.map(({ nsPerOp }) => Math.log10(nsPerOp));
  const [least, most] = [Math.floor(Math.min(...logs)), Math.ceil(Math.max(...logs))];
  const bars = results.map(({ name, nsPerOp }, i) => {
    const y = 40 + step * i;
    const length = (BAR.width * (Math.log10(nsPerOp) - least)) / (most - least);
    const own = /\/log\b|^(append|rebuild|build|verify)/.test(name) && !name.endsWith('/go') ? 'own' : 'other';
    return [
      `<text x="${BAR.labels - 8}" y="${y + 12}" text-anchor="end">${escapeXml(name)}</text>`,
      `<rect class="${own}" x="${BAR.labels}" y="${y}" width="${Math.max(1, length).toFixed(1)}" height="${BAR.height}"/>`,
      `<text x="${(BAR.labels + length + 6).toFixed(1)}" y="${y + 12}">${figure(nsPerOp)} ns</text>`,
    ].join('');
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12">`,
    '<style>text{fill:#24292f}.own{fill:#2f6fdf}.other{fill:#9aa4b2}@media(prefers-color-scheme:dark){text{fill:#e6edf3}}</style>',
    `<text x="8" y="20" font-size="14">${escapeXml(title)}</text>`,
    ...bars,
    '</svg>',
    '',
  ].join('\n');
}

function figure(nanoseconds: number): string {
  return nanoseconds >= 100 ? Math.round(nanoseconds).toLocaleString('en') : nanoseconds.toPrecision(3);
}

function escapeXml(text: string): string {
  return text.replace(/[<>&"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
