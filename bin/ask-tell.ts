import * as readline from 'node:readline';
import { Reply } from './ask-tell/protocol';
import { parseRequest } from './ask-tell/schemas';
import { AskTellSession } from './ask-tell/session';

/** The search as a program: one JSON request a line on stdin, one JSON reply a line on stdout; see docs/ask-tell.md. */
async function main(): Promise<void> {
  const session = new AskTellSession();
  for await (const line of readline.createInterface({ input: process.stdin })) {
    if (line.trim() === '') continue;
    let reply: Reply;
    try {
      const request = parseRequest(line);
      if (request.op === 'bye') break;
      reply = session.handle(request);
    } catch (error) {
      reply = { error: error instanceof Error ? error.message : String(error) };
    }
    process.stdout.write(`${JSON.stringify(reply)}\n`);
  }
  // an input that is still open would keep the program alive.
  process.stdin.destroy();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
