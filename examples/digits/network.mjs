import { shuffled, uniform } from './counter-random.mjs';

const SEED = 1;
const CLASSES = 10;
/** Streams of random numbers: two for the weights, then one for the order of each epoch. */
const EPOCH_STREAM = 2;
const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/** A network with one hidden layer of rectified linear units, trained on the cross-entropy of its softmax. */
export class Network {
  constructor(pixels, options) {
    const { hidden_units: hidden } = options;
    this.pixels = pixels;
    this.hidden = hidden;
    this.options = options;
    this.steps = 0;
    // one row an input: most pixels are black, and a black pixel's row need not be touched.
    this.weights = {
      hidden: uniform(SEED, 0, pixels * hidden, Math.sqrt(6 / pixels)),
      hiddenBias: new Float64Array(hidden),
      output: uniform(SEED, 1, hidden * CLASSES, Math.sqrt(6 / (hidden + CLASSES))),
      outputBias: new Float64Array(CLASSES),
    };
    const zeros = () => mapValues(this.weights, (values) => new Float64Array(values.length));
    this.gradient = zeros();
    this.moments = options.optimizer === 'adam' ? { first: zeros(), second: zeros() } : { first: zeros() };
  }

  /** Trains on all digits once, in an order of the epoch's own; answers the mean loss. */
  trainEpoch(data, epoch) {
    const order = shuffled(SEED, EPOCH_STREAM + epoch, data.count);
    const { batch_size: batchSize } = this.options;
    let loss = 0;
    for (let start = 0; start < data.count; start += batchSize) {
      const batch = order.subarray(start, start + batchSize);
      for (const values of Object.values(this.gradient)) {
        values.fill(0);
      }
      for (const digit of batch) {
        loss += this.#learn(data, digit, 1 / batch.length);
      }
      this.#step();
    }
    return loss / data.count;
  }

  /** The share of digits that the network recognizes. */
  accuracy(data) {
    let right = 0;
    for (let digit = 0; digit < data.count; digit++) {
      const { scores } = this.#forward(data, digit);
      right += scores.indexOf(Math.max(...scores)) === data.labels[digit] ? 1 : 0;
    }
    return right / data.count;
  }

  #forward(data, digit) {
    const { hidden, pixels, weights } = this;
    const units = weights.hiddenBias.slice();
    const image = data.images.subarray(digit * pixels, (digit + 1) * pixels);
    const rows = weights.hidden;
    for (let pixel = 0; pixel < pixels; pixel++) {
      const value = image[pixel];
      if (value !== 0) {
        const row = pixel * hidden;
        for (let unit = 0; unit < hidden; unit++) {
          units[unit] += value * rows[row + unit];
        }
      }
    }
    const scores = weights.outputBias.slice();
    for (let unit = 0; unit < hidden; unit++) {
      // written so that NaN stays NaN: a network that has diverged must not look like one with dark units.
      units[unit] = units[unit] < 0 ? 0 : units[unit];
      for (let label = 0; label < CLASSES; label++) {
        scores[label] += units[unit] * weights.output[unit * CLASSES + label];
      }
    }
    return { units, scores };
  }

  /** Adds a digit's part to the gradient; answers its loss. */
  #learn(data, digit, share) {
    const { gradient, hidden, pixels, weights } = this;
    const { units, scores } = this.#forward(data, digit);
    const top = Math.max(...scores);
    const errors = scores.map((score) => Math.exp(score - top));
    const sum = errors.reduce((total, value) => total + value, 0);
    const label = data.labels[digit];
    const loss = Math.log(sum) + top - scores[label];
    for (let i = 0; i < CLASSES; i++) {
      errors[i] = (errors[i] / sum - (i === label ? 1 : 0)) * share;
      gradient.outputBias[i] += errors[i];
    }
    const back = new Float64Array(hidden);
    for (let unit = 0; unit < hidden; unit++) {
      for (let i = 0; i < CLASSES; i++) {
        gradient.output[unit * CLASSES + i] += units[unit] * errors[i];
        back[unit] += units[unit] === 0 ? 0 : weights.output[unit * CLASSES + i] * errors[i];
      }
      gradient.hiddenBias[unit] += back[unit];
    }
    const image = data.images.subarray(digit * pixels, (digit + 1) * pixels);
    const rows = gradient.hidden;
    for (let pixel = 0; pixel < pixels; pixel++) {
      const value = image[pixel];
      if (value !== 0) {
        const row = pixel * hidden;
        for (let unit = 0; unit < hidden; unit++) {
          rows[row + unit] += value * back[unit];
        }
      }
    }
    return loss;
  }

  /** One step of the optimizer. Weight decay is decoupled from the gradient and spares the biases. */
  #step() {
    const { learning_rate: rate, weight_decay: decay, optimizer } = this.options;
    this.steps++;
    for (const [name, values] of Object.entries(this.weights)) {
      const keep = name.endsWith('Bias') ? 1 : 1 - rate * decay;
      if (optimizer === 'adam') {
        this.#adam(values, this.gradient[name], this.moments.first[name], this.moments.second[name], keep);
      } else {
        this.#sgd(values, this.gradient[name], this.moments.first[name], keep);
      }
    }
  }

  #sgd(values, gradient, velocity, keep) {
    const { learning_rate: rate, momentum } = this.options;
    for (let i = 0; i < values.length; i++) {
      velocity[i] = momentum * velocity[i] + gradient[i];
      values[i] = keep * values[i] - rate * velocity[i];
    }
  }

  #adam(values, gradient, first, second, keep) {
    const { beta1, beta2, epsilon } = ADAM;
    const rate = this.options.learning_rate / (1 - beta1 ** this.steps);
    const unbias = 1 / (1 - beta2 ** this.steps);
    for (let i = 0; i < values.length; i++) {
      first[i] = beta1 * first[i] + (1 - beta1) * gradient[i];
      second[i] = beta2 * second[i] + (1 - beta2) * gradient[i] * gradient[i];
      values[i] = keep * values[i] - (rate * first[i]) / (Math.sqrt(second[i] * unbias) + epsilon);
    }
  }
}

function mapValues(object, change) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));
}
