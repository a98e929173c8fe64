/**
 * @file The weights that others have published, as data: where they are, and what proves a copy.
 *
 * A repository of the Hugging Face hub lists the SHA-256 of its files. Elsewhere the MD5 is what
 * Keras (`applications/inception_resnet_v2.py`) and the ports of slim's archive check. All but
 * `ens-adv` are the same numbers: ports of slim's checkpoint of 2016-08-30.
 */

/** A repository of the hub; which file is taken says `hubFiles`. */
export interface HubWeights {
  readonly place: "hub";
  /** `owner/name`. */
  readonly repository: string;
  readonly description: string;
}

/** A file at a fixed address, kept where Keras keeps its models. */
export interface WebWeights {
  readonly place: "web";
  readonly url: string;
  readonly md5: string;
  /** Size of the file, where it is known. */
  readonly bytes?: number;
  /** File to take out of a `.tar.gz`. */
  readonly member?: string;
  readonly description: string;
}

/** Files of a hub repository that hold weights, the best first. */
export const hubFiles: readonly string[] = ["model.safetensors", "pytorch_model.bin"];

const kerasFolder =
  "https://storage.googleapis.com/tensorflow/keras-applications/inception_resnet_v2";
const kerasFile = "inception_resnet_v2_weights_tf_dim_ordering_tf_kernels";

/** Published weights by the names that `pull` knows. */
export const published = {
  imagenet: {
    place: "hub",
    repository: "timm/inception_resnet_v2.tf_in1k",
    description: "timm's port, 1000 classes",
  },
  "ens-adv": {
    place: "hub",
    repository: "timm/inception_resnet_v2.tf_ens_adv_in1k",
    description: "timm's port of the adversarially trained network (arXiv 1705.07204)",
  },
  keras: {
    place: "web",
    url: `${kerasFolder}/${kerasFile}.h5`,
    md5: "e693bd0210a403b3192acc6073ad2e96",
    description: "Keras's port, 1000 classes",
  },
  "keras-notop": {
    place: "web",
    url: `${kerasFolder}/${kerasFile}_notop.h5`,
    md5: "d19885ff4a710c122648d3b5c3b684e4",
    bytes: 219_055_592,
    description: "Keras's port without the classifier",
  },
  slim: {
    place: "web",
    url: "https://download.tensorflow.org/models/inception_resnet_v2_2016_08_30.tar.gz",
    md5: "9e0f18e1259acf943e30690460d96123",
    member: "inception_resnet_v2_2016_08_30.ckpt",
    description: "the authors' checkpoint, 1001 classes, with the auxiliary head",
  },
} as const satisfies Readonly<Record<string, HubWeights | WebWeights>>;

/** A name that `pull` knows. */
export type PublishedName = keyof typeof published;

/** All names that `pull` knows. */
export const publishedNames = Object.keys(published) as readonly PublishedName[];

/** What a name stands for, if it is one. */
export function publishedAs(name: string): HubWeights | WebWeights | undefined {
  return publishedNames.includes(name as PublishedName)
    ? published[name as PublishedName]
    : undefined;
}
