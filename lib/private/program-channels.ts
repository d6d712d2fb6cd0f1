/** Channels of script mode: the user's folder, and our entry point. */
export const CODE_CHANNEL = 'cdk_hpo_program';
export const ENTRY_CHANNEL = 'cdk_hpo_entry';
