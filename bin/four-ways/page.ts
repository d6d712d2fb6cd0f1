const BEGIN = '<!-- four-ways:begin -->';
const END = '<!-- four-ways:end -->';

/** A page with what stands between its two markers replaced. */
export function withMeasured(page: string, text: string, file: string): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`${file} must have a line ${BEGIN}, and after it a line ${END}`);
  return `${page.slice(0, from)}${BEGIN}\n\n${text}\n\n${page.slice(to)}`;
}
