export * from './description';
export { LOCAL_ACCOUNT_ID, LOCAL_REGION } from './cloud-assembly';
export { loadStacks } from './load-stacks';
export { TemplateError } from './template-error';
