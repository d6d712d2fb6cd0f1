/** The variables that a state sees: its own level's and, read only, those of the states around it. */
export class Scope {
  private readonly own: Record<string, unknown> = {};

  constructor(private readonly outer?: Scope) {}

  all(): Record<string, unknown> {
    return this.outer === undefined ? this.own : { ...this.outer.all(), ...this.own };
  }

  assign(variables: Readonly<Record<string, unknown>>): void {
    Object.assign(this.own, variables);
  }
}
