// Imported first: on Node 20, AWS's SDK would begin the demo's output with a page about Node 22.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
