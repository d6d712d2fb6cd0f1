import Ajv, { ErrorObject } from 'ajv';
import { Schema } from '../../lib/contract/schemas';

const ajv = new Ajv({ allErrors: true, verbose: true, strict: true, allowUnionTypes: true });

/**
 * Checks `value` against a schema of the contract.
 *
 * @param what the thing that is checked, for the sentences, such as "the study's input"
 * @returns every problem, as sentences that name the field, what came and what is allowed
 */
export function schemaProblems(what: string, schema: Schema, value: unknown): string[] {
  const validate = ajv.compile(schema);
  if (validate(value)) return [];
  const sentences = (validate.errors ?? []).filter(isTelling).map((error) => sentence(what, error));
  return [...new Set(sentences)];
}

/** A combination's own error says all; those of its branches would only repeat it. */
function isTelling(error: ErrorObject): boolean {
  return !error.schemaPath.includes('/anyOf/') && !error.schemaPath.includes('/propertyNames/');
}

function sentence(what: string, error: ErrorObject): string {
  const field = error.instancePath
    .slice(1)
    .split('/')
    // JSON pointers write / and ~ of a name like this.
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .join('.');
  const place = field === '' ? what : `${field} of ${what}`;
  const schema = error.parentSchema as Schema;
  switch (error.keyword) {
    case 'additionalProperties': {
      const allowed = Object.keys(schema.properties ?? {}).join(', ');
      return `${place} has an unknown field ${shown(error.params.additionalProperty)}; allowed are ${allowed}`;
    }
    case 'required':
      return `${error.params.missingProperty} of ${what} is missing; it must be ${schema.properties?.[error.params.missingProperty as string]?.description}`;
    case 'propertyNames':
      return `each name in ${place} must be ${schema.propertyNames?.description}, got ${shown(error.params.propertyName)}`;
    default:
      return `${place} must be ${schema.description}, got ${shown(error.data)}`;
  }
}

/** The value as it came, cut where it is long: a hostile one must not fill the log. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 120 ? `${text.slice(0, 120)}...` : text;
}
