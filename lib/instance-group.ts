/** Instances of one kind in a training job that has several kinds. */
export interface InstanceGroup {
  /** Name of the group, by which channels and training code know it. 1 to 64 characters. */
  readonly name: string;

  /** Instance type, such as `ml.g5.xlarge`. */
  readonly instanceType: string;

  /** Instances of the group. 1 to 20. */
  readonly instanceCount: number;
}
