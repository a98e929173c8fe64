/**
 * @file Recipes: whole settings of a training, as data. Every field can be overridden.
 *
 * - `paper`: Szegedy et al. (2016), section 4, on ImageNet with 20 replicas; here with one.
 * - `slim`: the defaults of tensorflow/models research/slim `train_image_classifier.py` with this
 *   network's `arg_scope` (RMSProp with epsilon 1, weight decay 4e-5, statistics decay 0.9997).
 * - `fine-tune`: weights that know photos already, on a few hundred to a few thousand new ones. The
 *   running statistics stay as they are: batches are small, and those statistics are good.
 * - `from-scratch-small`: no weights, some thousand photos, a narrow network.
 */
import { type Augmentation, slimAugmentation, smallAugmentation } from "../image/augment.js";
import { defaultAdamW, defaultSgd, type Optimizer, paperRmsProp } from "./optimizer.js";
import { type Schedule, schedules } from "./schedule.js";

/** What a recipe settles. */
export interface Recipe {
  /** Times through the photos. */
  readonly epochs: number;
  /** Photos a step. */
  readonly batch: number;
  /** How gradients change weights. */
  readonly optimizer: Optimizer;
  /** Highest learning rate, for the batch above. */
  readonly learningRate: number;
  /** How the learning rate goes from its peak. */
  readonly schedule: Schedule;
  /** Epochs in which the learning rate rises from 0 to its peak; may be a fraction, and is at most half of a phase. */
  readonly warmupEpochs: number;
  /** L2 decay of weights and biases, by slim's rules never of batch norm. */
  readonly weightDecay: number;
  /** Largest L2 norm of all gradients together; null: unlimited. */
  readonly clipNorm: number | null;
  /** Share of the old value that the running average of weights keeps each step; null: none. */
  readonly ema: number | null;
  /** Share of the old value that batch norm's running statistics keep each step. */
  readonly statisticsDecay: number;
  /** Whether batch norms keep their running statistics even where weights are trained. */
  readonly freezeNorms: boolean;
  /** Fraction of the features dropped before the classifier, from 0 and below 1. */
  readonly dropout: number;
  /** Fraction of each target spread evenly over all classes, from 0 and below 1. */
  readonly labelSmoothing: number;
  /** Parameter of mixup's beta distribution; 0: none. */
  readonly mixup: number;
  /** The same of cutmix. With both, each batch takes one of them by the toss of a coin. */
  readonly cutmix: number;
  /** Whether the auxiliary classifier is trained along. */
  readonly auxiliary: boolean;
  /** Factor of the auxiliary classifier's loss; slim's is 0.4. */
  readonly auxiliaryWeight: number;
  /** How photos are varied. */
  readonly augmentation: Augmentation;
}

const slim: Recipe = {
  epochs: 100,
  batch: 32,
  optimizer: paperRmsProp,
  learningRate: 0.01,
  schedule: schedules.exponential,
  warmupEpochs: 0,
  weightDecay: 4e-5,
  clipNorm: null,
  ema: null,
  statisticsDecay: 0.9997,
  freezeNorms: false,
  dropout: 0.2,
  labelSmoothing: 0,
  mixup: 0,
  cutmix: 0,
  auxiliary: true,
  auxiliaryWeight: 0.4,
  augmentation: slimAugmentation,
};

/** The recipes by name. */
export const recipes = {
  paper: { ...slim, epochs: 160, learningRate: 0.045, labelSmoothing: 0.1, ema: 0.9999 },
  slim,
  "fine-tune": {
    ...slim,
    epochs: 10,
    batch: 16,
    optimizer: { ...defaultSgd, nesterov: true },
    learningRate: 0.01,
    schedule: schedules.cosine,
    warmupEpochs: 0.5,
    weightDecay: 1e-4,
    clipNorm: 5,
    statisticsDecay: 0.9,
    freezeNorms: true,
    labelSmoothing: 0.1,
    auxiliary: false,
    augmentation: smallAugmentation,
  },
  "from-scratch-small": {
    ...slim,
    epochs: 30,
    optimizer: defaultAdamW,
    learningRate: 0.002,
    schedule: schedules.cosine,
    warmupEpochs: 1,
    weightDecay: 0.05,
    clipNorm: 5,
    statisticsDecay: 0.9,
    labelSmoothing: 0.1,
    auxiliary: false,
    augmentation: smallAugmentation,
  },
} as const satisfies Readonly<Record<string, Recipe>>;

/** Name of a recipe. */
export type RecipeName = keyof typeof recipes;

/** The names, for messages and help. */
export const recipeNames = Object.keys(recipes) as readonly RecipeName[];
