/** The hyperparameters and their defaults: what a careful person would try first. */
export const DEFAULTS = {
  learning_rate: 0.01,
  hidden_units: 32,
  batch_size: 32,
  optimizer: 'sgd',
  momentum: 0.9,
  weight_decay: 0,
  epochs: 8,
};

const POSITIVE_INTEGERS = ['hidden_units', 'batch_size', 'epochs'];
const OPTIMIZERS = ['sgd', 'adam'];

/** Reads `--name value` and `--name=value`. `momentum` only counts for the optimizer sgd. */
export function parseOptions(args) {
  const options = { ...DEFAULTS };
  for (let i = 0; i < args.length; i++) {
    const [, name, joined] = /^--([^=]+)(?:=(.*))?$/.exec(args[i]) ?? [];
    if (name === undefined || !Object.hasOwn(DEFAULTS, name)) {
      throw new Error(`unknown option ${args[i]}: use one of --${Object.keys(DEFAULTS).join(', --')}`);
    }
    options[name] = parseOption(name, joined ?? args[++i]);
  }
  return options;
}

function parseOption(name, text) {
  if (name === 'optimizer') {
    if (!OPTIMIZERS.includes(text)) {
      throw new Error(`optimizer must be one of ${OPTIMIZERS.join(', ')}, got ${text}`);
    }
    return text;
  }
  const value = text === undefined || text.trim() === '' ? NaN : Number(text);
  if (POSITIVE_INTEGERS.includes(name) && !(Number.isInteger(value) && value > 0)) {
    throw new Error(`${name} must be a positive integer, got ${text}`);
  }
  if (!(value >= 0 && Number.isFinite(value))) {
    throw new Error(`${name} must be a number of at least 0, got ${text}`);
  }
  return value;
}
