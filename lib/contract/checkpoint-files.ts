/** Folders of a checkpoint that a client is still writing begin so: they are no checkpoint. The Python client has its own. */
export const CHECKPOINT_DRAFT_PREFIX = '.writing-';
