/**
 * @file Weights, statistics and images made by an integer hash, the same in every language.
 *
 * Element j of tensor t is u = h / 2^32, where h is a hash of t and j. Tensor ids count the
 * convolutions in the order of the network: 4 i for the kernel (in TensorFlow's HWIO order), 4 i + 1
 * for offset or bias, 4 i + 2 and 4 i + 3 for the moving statistics; the classifier comes next, and
 * the auxiliary head after it. Tensor 0 is the image. `scripts/python/make-gradient-goldens.py` has
 * the same rule in NumPy.
 */
import type { Graph, Parameter } from "@inception-resnet-v2/core/internal/graph/ir.js";
import { sizeOf, type Tensor, tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";

/** Element j of tensor t, from 0 up to 1. */
export function hashUnit(t: number, j: number): number {
  let h = (Math.imul(t, 0x9e3779b1) + Math.imul(j, 0x85ebca6b)) | 0;
  h ^= h >>> 16;
  h = Math.imul(h, 0x7feb352d);
  h ^= h >>> 15;
  h = Math.imul(h, 0x846ca68b);
  h ^= h >>> 16;
  return (h >>> 0) / 2 ** 32;
}

/** Images [batch,3,height,width] in -1...1; the hash counts rows, columns, then channels. */
export function hashImages(batch: number, height: number, width: number): Tensor {
  const images = tensor([batch, 3, height, width]);
  let j = 0;
  for (let n = 0; n < batch; n++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let c = 0; c < 3; c++) {
          images.data[((n * 3 + c) * height + y) * width + x] = 2 * hashUnit(0, j++) - 1;
        }
      }
    }
  }
  return images;
}

/** A value for each parameter of a network's graph. */
export function hashWeights(graph: Graph): Map<string, Tensor> {
  const ids = convolutionIds(graph);
  return new Map(
    graph.parameters.map((parameter) => {
      const id = 4 * (ids.get(ownerOf(parameter)) ?? Number.NaN);
      return [parameter.name, fill(parameter, id)];
    }),
  );
}

function ownerOf({ name }: Parameter): string {
  return name.slice(0, name.lastIndexOf("/"));
}

function convolutionIds(graph: Graph): Map<string, number> {
  const owners = graph.parameters.filter(({ role }) => role === "weight").map(ownerOf);
  const main = owners.filter((owner) => !owner.startsWith("aux_") && owner !== "logits");
  const auxiliary = owners.filter((owner) => owner.startsWith("aux_"));
  return new Map([...main, "logits", ...auxiliary].map((owner, index) => [owner, index + 1]));
}

function fill({ shape, role }: Parameter, id: number): Tensor {
  const values = tensor(shape);
  const offset = (t: number) => {
    for (let j = 0; j < values.data.length; j++) values.data[j] = (hashUnit(t, j) - 0.5) * 0.2;
  };
  if (role === "weight") fillKernel(values, id);
  else if (role === "beta" || role === "bias") offset(id + 1);
  else if (role === "moving_mean") offset(id + 2);
  else if (role === "moving_variance") {
    for (let j = 0; j < values.data.length; j++) values.data[j] = hashUnit(id + 3, j) + 0.5;
  } else values.data.fill(1);
  return values;
}

/** The hash counts height, width, input, output; ours are stored output, input, height, width. */
function fillKernel({ shape, data }: Tensor, id: number): void {
  const [outputs = 1, inputs = 1, ...kernel] = shape;
  const cells = sizeOf(kernel);
  const scale = 2 * Math.sqrt(6 / (cells * inputs));
  let j = 0;
  for (let cell = 0; cell < cells; cell++) {
    for (let c = 0; c < inputs; c++) {
      for (let k = 0; k < outputs; k++) {
        data[(k * inputs + c) * cells + cell] = (hashUnit(id, j++) - 0.5) * scale;
      }
    }
  }
}
