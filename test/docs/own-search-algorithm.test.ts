import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { SEARCH_FUNCTION_ANSWER_SCHEMA, SEARCH_FUNCTION_REQUEST_SCHEMA } from '../../lib/contract/search-function';

test('the JSON schemas of the page are those that answers are checked by', () => {
  const page = readFileSync(path.join(__dirname, '..', '..', 'docs', 'own-search-algorithm.md'), 'utf8');
  const schemas = [...page.matchAll(/^```json\n(.*?)^```$/gms)].map(([, text]) => JSON.parse(text) as unknown);
  expect(schemas).toEqual([SEARCH_FUNCTION_REQUEST_SCHEMA, SEARCH_FUNCTION_ANSWER_SCHEMA]);
});
