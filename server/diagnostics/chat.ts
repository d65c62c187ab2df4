/** A message to a chat's incoming webhook. The address is a secret: it is not logged. */
export type Post = (message: { text: string }) => void;

const DEADLINE_MS = 5_000;

/** `failed` hears the status, or that there was no answer. */
export const chatAt =
  (url: string, failed: (status: number | null) => void): Post =>
  message =>
    void deliver(url, message, failed);

async function deliver(url: string, message: { text: string }, failed: (status: number | null) => void) {
  const status = await post(url, message);
  if (status === null || status < 200 || status >= 300) failed(status);
}

/** The status of the answer; null when there was none. */
async function post(url: string, message: { text: string }): Promise<number | null> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(message),
      redirect: 'manual',
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    return response.status;
  } catch {
    return null;
  }
}
