/** vCPUs of the sizes below an xlarge, which has four; each larger size has as many times four as its name says. */
const SMALL_SIZES: Readonly<Record<string, number>> = { nano: 2, micro: 2, small: 2, medium: 2, large: 2, xlarge: 4 };

/** Of a family, or of `optimal`: the sizes in which AWS has most families. */
const FAMILY_VCPUS = [2, 4, 8, 16, 32, 48, 64, 96, 128, 192];

/** vCPUs of an instance type by the rule that nearly all types follow; undefined for what names a family. */
export function vcpusOf(instanceType: string): number | undefined {
  const [, size] = instanceType.split('.');
  if (size === undefined) return undefined;
  const multiple = /^(\d+)xlarge$/.exec(size);
  // metal is the whole machine.
  return multiple !== null ? Number(multiple[1]) * 4 : (SMALL_SIZES[size] ?? FAMILY_VCPUS.at(-1));
}

/** vCPUs of the smallest instance of an environment that holds a job; undefined when none does. */
export function smallestInstance(instanceTypes: readonly string[], vcpus: number): number | undefined {
  const sizes = instanceTypes.flatMap((type) => vcpusOf(type) ?? FAMILY_VCPUS);
  const fitting = (instanceTypes.length === 0 ? FAMILY_VCPUS : sizes).filter((size) => size >= vcpus);
  return fitting.length === 0 ? undefined : Math.min(...fitting);
}
