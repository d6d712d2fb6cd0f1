const told = new Set<string>();

/** Writes a note for the person who reads the log, without the attempt's credential. */
export function tell(text: string): void {
  const token = process.env.CDK_HPO_TOKEN;
  process.stderr.write(`cdk-hpo: ${token ? text.replaceAll(token, '***') : text}\n`);
}

export function tellOnce(text: string): void {
  if (!told.has(text)) {
    told.add(text);
    tell(text);
  }
}

/** A value as an error message shows it. */
export function shown(value: unknown): string {
  return typeof value === 'bigint' || typeof value === 'function' ? String(value) : JSON.stringify(value);
}
