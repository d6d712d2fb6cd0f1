import * as efs from 'aws-cdk-lib/aws-efs';
import * as fsx from 'aws-cdk-lib/aws-fsx';
import * as iam from 'aws-cdk-lib/aws-iam';
import { InputMode } from '../input-mode';
// types only: that file imports this one.
import type { FileSystemChannelOptions } from '../training-channel';
import { requireLength, requireMatch } from './checks';
import { BindChannel, requireContentType } from './s3-channel';

/** SageMaker CreateTrainingJob: DirectoryPath has at most 4096 characters. */
const MAX_DIRECTORY_LENGTH = 4096;

/** SageMaker CreateTrainingJob: the form of FileSystemId. */
const FILE_SYSTEM_ID_PATTERN = /^fs-[0-9a-f]{8,18}$/;

/** FSx: names of 1 to 8 characters, made by the service. */
const MOUNT_NAME_PATTERN = /^[A-Za-z0-9_-]{1,8}$/;

/**
 * A folder of an EFS file system.
 *
 * The role gets what EFS asks of a client when the file system has a policy; without one, the security groups decide alone.
 * Not by `fileSystem.grantRead`: that would give the file system a policy, which locks out clients without an identity.
 * No root access: that is for the file system's owner to give.
 *
 * @see https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html
 */
export function efsChannel(fileSystem: efs.IFileSystem, path: string, options: FileSystemChannelOptions): BindChannel {
  const factory = 'TrainingChannel.fromEfs';
  const request = requestOf(factory, 'EFS', fileSystem.fileSystemId, path, path, options);
  return (_scope, role) => {
    const actions = [
      'elasticfilesystem:ClientMount',
      ...(isReadOnly(options) ? [] : ['elasticfilesystem:ClientWrite']),
    ];
    role.grantPrincipal.addToPrincipalPolicy(
      new iam.PolicyStatement({ actions, resources: [fileSystem.fileSystemArn] }),
    );
    return { request, needsVpc: true, connectable: fileSystem };
  };
}

/**
 * A folder of an FSx for Lustre file system. The role gets nothing: Lustre knows no IAM, who reaches the file system may
 * mount it. All that mounting needs, id, mount name and folder, stands in the request, so nothing has to be looked up.
 *
 * @see https://docs.aws.amazon.com/fsx/latest/LustreGuide/limit-access-security-groups.html
 */
export function lustreChannel(
  fileSystem: fsx.IFileSystem,
  mountName: string,
  path: string,
  options: FileSystemChannelOptions,
): BindChannel {
  const factory = 'TrainingChannel.fromFsxLustre';
  requireMatch(`mountName of ${factory}`, mountName, MOUNT_NAME_PATTERN, '1 to 8 letters, digits and _ -');
  const directory = `/${mountName}${path}`;
  const request = requestOf(factory, 'FSxLustre', fileSystem.fileSystemId, path, directory, options);
  return () => ({ request, needsVpc: true, connectable: fileSystem });
}

function isReadOnly({ readOnly = true }: FileSystemChannelOptions): boolean {
  return readOnly;
}

function requestOf(
  factory: string,
  type: string,
  id: string,
  path: string,
  directory: string,
  options: FileSystemChannelOptions,
): object {
  requireMatch(`fileSystemId of ${factory}`, id, FILE_SYSTEM_ID_PATTERN, 'an id such as fs-0123456789abcdef0');
  requireMatch(`path of ${factory}`, path, /^\//, 'a path with a slash at its start');
  requireLength(`directory of ${factory}`, directory, MAX_DIRECTORY_LENGTH);
  requireContentType(factory, options.contentType);
  return {
    DataSource: {
      FileSystemDataSource: {
        FileSystemId: id,
        FileSystemType: type,
        FileSystemAccessMode: isReadOnly(options) ? 'ro' : 'rw',
        DirectoryPath: directory,
      },
    },
    // the other modes read S3 only, and the job's own mode may be one of them.
    InputMode: InputMode.FILE,
    ...(options.contentType !== undefined && { ContentType: options.contentType }),
  };
}
