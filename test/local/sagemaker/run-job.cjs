// a process for the tests: runs one training job that never ends, says what its hosts say, and waits to be killed.
'use strict';
require('tsx/cjs');
const { join } = require('node:path');
const { RealClock } = require('../../../local/clock');
const { ObjectStore } = require('../../../local/s3');
const { ProcessJobLauncher, SageMakerService } = require('../../../local/sagemaker');
const { scriptRequest } = require('./request');

const folder = process.argv[2];
const InstanceCount = Number(process.argv[3] ?? 1);
const service = new SageMakerService({
  clock: new RealClock(),
  launcher: new ProcessJobLauncher(),
  folder: join(folder, 'jobs'),
  objectStore: new ObjectStore(join(folder, 's3')),
  onLine: (_name, line) => console.log(line),
});
const ResourceConfig = { InstanceType: 'ml.m5.xlarge', InstanceCount, VolumeSizeInGB: 10 };
const script = 'console.log(process.pid); setInterval(() => {}, 1000)';
service.createTrainingJob(scriptRequest('left', script, { ResourceConfig }));
