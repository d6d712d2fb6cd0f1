export * from './asset-publisher';
export { ObjectStore } from './object-store';
export type { ObjectBody, ObjectSummary } from './object-store';
export { parseS3Uri } from './s3-uri';
export type { S3Location } from './s3-uri';
export { createS3Handler } from './http';
export { MultipartCopies } from './multipart-copy';
