import { Objective, OutcomeConstraint, Parameter, SearchAlgorithm } from '../../lib';
import { StudyResult } from '../../lib/contract/calls';
import { LocalRuntime } from '../../local/runtime';
import { startExecution, synthesizeSmallStudy, temporaryFolder, trialsOf } from './small-study';

/** Only prints; quality, size and latency grow with both parameters. */
const PROGRAM = `
import { hyperparameters } from './cdk-hpo.mjs';
const { layers, units } = hyperparameters();
console.log('quality=' + layers * units + ' size=' + (layers + units) + ' took ' + layers * 10 + ' ms');
`;

test('constraints, several objectives, bounds on metrics and known results go the whole way', async () => {
  const assembly = synthesizeSmallStudy({
    program: PROGRAM,
    tuner: {
      searchSpace: { layers: Parameter.integer({ min: 1, max: 4 }), units: Parameter.integer({ min: 1, max: 4 }) },
      parameterConstraints: ['layers * units <= 8', "param('layers') != units"],
      additionalObjectives: [Objective.minimize('size')],
      outcomeConstraints: [OutcomeConstraint.atMost('latency', 20, { regex: 'took ([0-9]+) ms' })],
      knownResults: [
        { configuration: { layers: 1, units: 4 }, metrics: { quality: 4, size: 5, latency: 10 } },
        { configuration: { layers: 4, units: 2 } },
      ],
      searchAlgorithm: SearchAlgorithm.grid(),
      maxTrials: 20,
      maxParallelTrials: 3,
    },
  });
  const runtime = await LocalRuntime.start({ assembly, folder: temporaryFolder(), inMemory: true });
  try {
    const executionArn = await startExecution(runtime, { study: 'goals' });
    const { status, output } = await runtime.stepFunctions.waitForExecution(executionArn);
    expect(status).toBe('SUCCEEDED');

    const tried = (await trialsOf(runtime, 'goals')).map(
      ({ configuration: { layers, units } }) => `${layers}x${units}`,
    );
    expect(tried.sort()).toEqual(['1x2', '1x3', '2x1', '2x3', '2x4', '3x1', '3x2', '4x1']);
    const result = JSON.parse(output!) as StudyResult;
    expect(result.best).toMatchObject({
      value: 8,
      hyperparameters: { layers: 2, units: 4 },
      metrics: { quality: 8, size: 6, latency: 20 },
      feasible: true,
    });
    expect(result.paretoFront!.map(({ values }) => values)).toEqual([
      { quality: 8, size: 6 },
      { quality: 6, size: 5 },
      { quality: 3, size: 4 },
      { quality: 2, size: 3 },
    ]);
  } finally {
    await runtime.close();
  }
});
