/**
 * @file The weights that others have published, as data: where they are, and what proves a copy.
 *
 * A repository of the Hugging Face hub lists the SHA-256 of its files. Elsewhere the MD5 is what
 * Keras (`applications/inception_resnet_v2.py`) and the ports of slim's archive check. All of
 * Inception-ResNet-v2 but `ens-adv` are the same numbers: ports of slim's checkpoint of 2016-08-30.
 */

/** A repository of the hub; `hubFiles` says which file is taken. */
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

/** Published weights of a network by name. */
export type PublishedWeights = Readonly<Record<string, HubWeights | WebWeights>>;

const kerasFolder =
  "https://storage.googleapis.com/tensorflow/keras-applications/inception_resnet_v2";
const kerasFile = "inception_resnet_v2_weights_tf_dim_ordering_tf_kernels";

/** Of Inception-ResNet-v2 as released, by the names that `pull` knows. */
export const inceptionResNetV2Weights = {
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
} as const satisfies PublishedWeights;

/** Of Inception-v4, by the names that `pull` knows. */
export const inceptionV4Weights = {
  "inception-v4": {
    place: "hub",
    repository: "timm/inception_v4.tf_in1k",
    description: "timm's port of Inception-v4, 1000 classes",
  },
} as const satisfies PublishedWeights;
