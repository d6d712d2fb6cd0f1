import { CfnOutput, Duration, Stack, StackProps } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
// in your own app: from 'cdk-hpo'.
import { AshaMode, Objective, Parameter, Scaling, Scheduler, TrialRunner, Tuner } from '../../lib';
import { trainingImage, trainingProgram } from '../vit-mup/trial-runners';

export interface RayWorkerStackProps extends StackProps {
  /**
   * Name of the role that the nodes have, if they have one.
   *
   * @default - a new user, whose access key you create
   */
  readonly nodeRole?: string;
}

/** A study that any machine may join: one small instance in AWS, and the nodes of your cluster. */
export class RayWorkerStack extends Stack {
  constructor(scope: Construct, id: string, props: RayWorkerStackProps = {}) {
    super(scope, id, props);
    const epochs = 81;
    const tuner = new Tuner(this, 'Tuner', {
      searchSpace: {
        learning_rate: Parameter.continuous({ min: 3e-5, max: 3e-2, scaling: Scaling.LOGARITHMIC }),
        weight_decay: Parameter.continuous({ min: 1e-3, max: 0.5, scaling: Scaling.LOGARITHMIC }),
      },
      objective: Objective.maximize('eval_accuracy'),
      // a free slot begins at once, so trials may pause, and the best go on wherever there is one.
      scheduler: Scheduler.asha({ minResource: 3, maxResource: epochs, mode: AshaMode.PROMOTE }),
      trialRunner: TrialRunner.trainingCluster({
        image: trainingImage(),
        program: trainingProgram(),
        // the part in AWS: it keeps the study going when no node is there.
        instanceType: 'ml.g5.xlarge',
        instanceCount: 1,
        spot: true,
        maxTrialRuntime: Duration.hours(2),
        hyperparameters: { epochs: `${epochs}` },
      }),
      maxTrials: 100,
      // what the search reckons with, the nodes included. Workers beyond it get trials all the same.
      maxParallelTrials: 9,
      // for the instance in AWS; nobody knows here what your nodes cost.
      maxSpendUsd: 30,
      maxDuration: Duration.days(2),
    });

    const nodes =
      props.nodeRole === undefined ? new iam.User(this, 'Nodes') : iam.Role.fromRoleName(this, 'Nodes', props.nodeRole);
    // call the worker function and the report function, read the program, read and write checkpoints and models.
    tuner.grants.runWorker(nodes);

    new CfnOutput(this, 'StateMachineArn', { value: tuner.stateMachine.stateMachineArn });
    // its ARN, since that names the region too.
    new CfnOutput(this, 'WorkerFunction', { value: tuner.workerFunction!.functionArn });
    if (nodes instanceof iam.User) new CfnOutput(this, 'NodesUser', { value: nodes.userName });
  }
}
