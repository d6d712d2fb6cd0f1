// no test may depend on the AWS configuration of the machine it runs on.
for (const name of Object.keys(process.env)) {
  if (name.startsWith('AWS_') || name.startsWith('CDK_')) {
    delete process.env[name];
  }
}
// the CDK validates each first template for several seconds; `cdk synth` in .ci/run keeps it on once.
process.env.CDK_VALIDATION = 'false';
// the SDK's page about Node 22 would stand between the results of the tests.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
