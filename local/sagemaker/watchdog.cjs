// ends the training jobs of a runtime that was killed: their process groups are named on stdin, which closes with it.
'use strict';
const groups = new Set();
let rest = '';

process.stdin.setEncoding('utf8');
process.stdin.on('data', (text) => {
  const lines = (rest + text).split('\n');
  rest = lines.pop();
  for (const line of lines) {
    const group = Number(line.slice(1));
    if (line.startsWith('+')) groups.add(group);
    else groups.delete(group);
  }
});
process.stdin.on('close', () => {
  for (const group of groups) {
    try {
      process.kill(process.platform === 'win32' ? group : -group, 'SIGKILL');
    } catch {
      // it has ended by itself.
    }
  }
  process.exit(0);
});
