/** Settings of every AWS client: bounded time, retries that back off exponentially with jitter. */
export const CLIENT_SETTINGS = {
  retryMode: 'standard',
  maxAttempts: 8,
  requestHandler: { connectionTimeout: 2000, requestTimeout: 5000, throwOnRequestTimeout: true },
} as const;
