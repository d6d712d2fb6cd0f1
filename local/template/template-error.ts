/** A template that the local runtime cannot read; the message names the place, what stands there and what to do. */
export class TemplateError extends Error {
  constructor(
    /** The stack and the path inside of its template, such as `Hpo/Resources/Table/Properties`. */
    readonly path: string,
    problem: string,
  ) {
    super(`${path}: ${problem}`);
    this.name = 'TemplateError';
  }
}
