import { TemplateError } from '../template/template-error';

export type LineTest = (line: string) => boolean;

/** A term: a word, or any text in double quotes; `?` and `-` before it mark it as optional or excluded. */
const TERM = /([?-]?)(?:"((?:[^"\\]|\\.)*)"|(\w+))(?=\s|$)\s*/y;

/** Reads a filter pattern of CloudWatch Logs that looks for terms; patterns of other kinds are refused. */
export function compileFilterPattern(pattern: string, path: string): LineTest {
  const terms = termsOf(pattern.trim(), path);
  if (terms.every(({ mark }) => mark === '')) return (line) => terms.every(({ text }) => line.includes(text));
  if (terms.every(({ mark }) => mark === '?')) return (line) => terms.some(({ text }) => line.includes(text));
  throw unsupported(pattern, path);
}

function termsOf(pattern: string, path: string): { readonly mark: string; readonly text: string }[] {
  const terms: { mark: string; text: string }[] = [];
  TERM.lastIndex = 0;
  while (TERM.lastIndex < pattern.length) {
    const match = TERM.exec(pattern);
    if (match === null) throw unsupported(pattern, path);
    const [, mark, quoted, word] = match;
    terms.push({ mark, text: word ?? quoted.replace(/\\(.)/g, '$1') });
  }
  return terms;
}

function unsupported(pattern: string, path: string): TemplateError {
  return new TemplateError(
    path,
    `${JSON.stringify(pattern)} is not applied locally. Use terms that must all be in the line, or terms with a ? ` +
      'before each of which one must be, and put a term with other characters than letters and digits in double quotes.',
  );
}
