import type { Constraint, StructureConstraint } from '../sagemaker/constraint';

/** Patterns of EvaluateOnExit: a start of the text, or the whole of it. */
const GLOB: Constraint = { type: 'string', max: 512, pattern: '[0-9a-zA-Z.:\\s]*\\*?' };

const TEXT: Constraint = { type: 'string', min: 1 };

/** The fields of SubmitJob, as Batch's model and its user guide limit them. */
export const SUBMIT_JOB: StructureConstraint = {
  type: 'structure',
  required: ['jobName', 'jobQueue', 'jobDefinition'],
  fields: {
    jobName: { type: 'string', max: 128, pattern: '[a-zA-Z0-9][-_a-zA-Z0-9]{0,127}' },
    jobQueue: TEXT,
    jobDefinition: TEXT,
    containerOverrides: {
      type: 'structure',
      fields: {
        command: { type: 'list', max: 1000, member: TEXT },
        environment: {
          type: 'list',
          max: 1000,
          member: {
            type: 'structure',
            required: ['name'],
            fields: { name: TEXT, value: { type: 'string' } },
          },
        },
        resourceRequirements: {
          type: 'list',
          max: 3,
          member: {
            type: 'structure',
            required: ['type', 'value'],
            fields: { type: { type: 'string', oneOf: ['GPU', 'MEMORY', 'VCPU'] }, value: TEXT },
          },
        },
      },
    },
    retryStrategy: {
      type: 'structure',
      fields: {
        attempts: { type: 'integer', min: 1, max: 10 },
        evaluateOnExit: {
          type: 'list',
          max: 5,
          member: {
            type: 'structure',
            required: ['action'],
            fields: {
              action: { type: 'string', pattern: '(?:[Rr][Ee][Tt][Rr][Yy]|[Ee][Xx][Ii][Tt])' },
              onExitCode: { type: 'string', max: 512, pattern: '[0-9]*\\*?' },
              onReason: GLOB,
              onStatusReason: GLOB,
            },
          },
        },
      },
    },
    timeout: {
      type: 'structure',
      required: ['attemptDurationSeconds'],
      fields: { attemptDurationSeconds: { type: 'integer', min: 60 } },
    },
    tags: {
      type: 'map',
      max: 50,
      key: { type: 'string', min: 1, max: 128 },
      value: { type: 'string', max: 256 },
    },
    propagateTags: { type: 'boolean' },
  },
};

/** Fields of SubmitJob that AWS takes and the local Batch does not, with what their jobs are. */
export const NOT_HERE: Readonly<Record<string, string>> = {
  arrayProperties: 'array jobs',
  nodeOverrides: 'multi-node parallel jobs',
  eksPropertiesOverride: 'jobs on Amazon EKS',
  ecsPropertiesOverride: 'jobs of several containers',
  dependsOn: 'jobs that wait for others',
  parameters: 'parameter substitution',
  shareIdentifier: 'fair-share scheduling',
  schedulingPriorityOverride: 'fair-share scheduling',
  consumableResourcePropertiesOverride: 'consumable resources',
};
