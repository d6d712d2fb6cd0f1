import type { AppDescription, RuleDescription, RuleTargetDescription } from '../template';
import { isObject } from '../template/json';
import { TemplateError } from '../template/template-error';
import { functionOf } from './app-function';
import { compilePattern } from './event-pattern';
import type { PatternTest } from './event-pattern';
import { EXECUTION_STATUS_CHANGE, STEP_FUNCTIONS_SOURCE } from './execution-status-event';

/** A rule that invokes functions of the app when an execution changes its status. */
export interface ExecutionRule {
  readonly name: string;
  readonly matches: PatternTest;
  readonly targets: readonly ExecutionRuleTarget[];
}

export interface ExecutionRuleTarget {
  readonly functionArn: string;
  /** What the function gets of the event. */
  readonly inputOf: (event: unknown) => unknown;
}

/** The app's rules for status changes of executions, ready to match. */
export function executionRules(app: AppDescription, notice: (text: string) => void): ExecutionRule[] {
  return app.rules
    .filter((rule) => rule.enabled && concernsExecutions(rule))
    .map((rule) => ({
      name: rule.name,
      matches: compilePattern(rule.eventPattern, `${rule.path}/EventPattern`),
      targets: rule.targets.flatMap((target, index) => {
        const found = functionOf(app, target.arn);
        if (found === undefined) {
          notice(
            `The rule ${rule.name} has the target ${target.arn}: it is no function of the app and gets no events.`,
          );
          return [];
        }
        return [{ functionArn: target.arn, inputOf: inputOf(target, `${rule.path}/Targets/${index}`) }];
      }),
    }))
    .filter(({ targets }) => targets.length > 0);
}

// a rule for other events is none of our business, whatever its pattern holds besides.
function concernsExecutions({ eventPattern, path }: RuleDescription): boolean {
  const { source, 'detail-type': detailType } = eventPattern;
  const fields = {
    ...(source !== undefined && { source }),
    ...(detailType !== undefined && { 'detail-type': detailType }),
  };
  const matches = compilePattern(fields, `${path}/EventPattern`);
  return matches({ source: STEP_FUNCTIONS_SOURCE, 'detail-type': EXECUTION_STATUS_CHANGE });
}

function inputOf(target: RuleTargetDescription, path: string): (event: unknown) => unknown {
  if (target.hasInputTransformer) {
    throw new TemplateError(
      `${path}/InputTransformer`,
      'is not applied locally. Use Input, InputPath or the whole event.',
    );
  }
  if (target.input !== undefined) {
    const constant = parse(target.input, `${path}/Input`);
    return () => constant;
  }
  const { inputPath = '$' } = target;
  const [root, ...fields] = inputPath.split('.');
  if (root !== '$' || !fields.every((field) => /^[\w/-]+$/.test(field))) {
    throw new TemplateError(`${path}/InputPath`, `${JSON.stringify(inputPath)} is no path of fields such as $.detail.`);
  }
  return (event) => fields.reduce<unknown>((value, field) => (isObject(value) ? value[field] : undefined), event);
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new TemplateError(path, `is not JSON: ${(error as Error).message}`);
  }
}
