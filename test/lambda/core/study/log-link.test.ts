import * as fc from 'fast-check';
import { logLink } from '../../../../lambda/core/study/log-link';

/** What the CloudWatch console makes of a link: each $ stands for the % of one encoding. */
function read(link: string) {
  const { protocol, hostname, pathname, searchParams, hash } = new URL(link);
  const [, page, rest] = /^#(logsV2:log-groups\/log-group)\/(.+)$/.exec(hash)!;
  const [group, query] = decodeURIComponent(rest.replaceAll('$', '%')).split('?');
  return {
    protocol,
    hostname,
    pathname,
    region: searchParams.get('region'),
    page,
    group: decodeURIComponent(group),
    filter: new URLSearchParams(query).get('logStreamNameFilter'),
  };
}

test.each([
  ['aws', 'eu-central-1', 'eu-central-1.console.aws.amazon.com'],
  ['aws-cn', 'cn-north-1', 'cn-north-1.console.amazonaws.cn'],
  ['aws-us-gov', 'us-gov-west-1', 'us-gov-west-1.console.amazonaws-us-gov.com'],
])('the link of a job in partition %s leads to its log streams', (partition, region, hostname) => {
  const arn = `arn:${partition}:states:${region}:123456789012:execution:tuner:one`;
  expect(read(logLink(arn, 'tuner-digits-abc123-1-1-0-0'))).toEqual({
    protocol: 'https:',
    hostname,
    pathname: '/cloudwatch/home',
    region,
    page: 'logsV2:log-groups/log-group',
    group: '/aws/sagemaker/TrainingJobs',
    filter: 'tuner-digits-abc123-1-1-0-0',
  });
});

test('it is written as the console writes it', () => {
  expect(logLink('arn:aws:states:us-east-1:1:execution:a:b', 'job-1')).toBe(
    'https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#logsV2:log-groups/log-group/' +
      '$252Faws$252Fsagemaker$252FTrainingJobs$3FlogStreamNameFilter$3Djob-1',
  );
});

test('whatever the job’s name', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/), (name) => {
      expect(read(logLink('arn:aws:states:us-east-1:1:execution:a:b', name)).filter).toBe(name);
    }),
  );
});
