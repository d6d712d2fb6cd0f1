import * as readline from 'node:readline';
import { Reply, Request } from './ask-tell/protocol';
import { AskTellSession } from './ask-tell/session';

/** The search as a program: one JSON request a line on stdin, one JSON reply a line on stdout; see docs/ask-tell.md. */
async function main(): Promise<void> {
  const session = new AskTellSession();
  for await (const line of readline.createInterface({ input: process.stdin })) {
    if (line.trim() === '') continue;
    let reply: Reply;
    try {
      const request = JSON.parse(line) as Request;
      if (request.op === 'bye') return;
      reply = session.handle(request);
    } catch (error) {
      reply = { error: error instanceof Error ? error.message : String(error) };
    }
    process.stdout.write(`${JSON.stringify(reply)}\n`);
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
