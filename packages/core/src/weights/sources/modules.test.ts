/** @file A small network under the names that wrappers, trainers and users give its tensors. */
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { lower } from "../../architecture/lower.js";
import { configureNetwork } from "../../architecture/transforms.js";
import { type Tensor, type Tensors, tensor } from "../../tensor/tensor.js";
import { timmTensors } from "../encode.js";
import type { TensorFile } from "../formats/tensor-file.js";
import { initializeParameters } from "../initialize.js";
import { type LoadedWeights, type LoadWeightsOptions, takeWeights } from "../take.js";

const classes = 4;
const numbers = (...values: number[]) => tensor([values.length], Float32Array.from(values));

describe("takeWeights() of modules", () => {
  let parameters: Tensors;
  let state: [string, Tensor][];
  const isHead = ([name]: [string, Tensor]) => name.startsWith("classif.");
  const behind = (prefix: string, some = state): [string, Tensor][] =>
    some.map(([name, value]) => [prefix + name, value]);
  const halved = () =>
    state.map((one): [string, Tensor] =>
      isHead(one)
        ? [
            one[0],
            tensor(
              one[1].shape,
              one[1].data.map((x) => x / 2),
            ),
          ]
        : one,
    );
  const headNamed = (name: string): [string, Tensor][] =>
    state.filter(isHead).map(([key, value]) => [key.replace("classif", name), value]);
  const body = () => state.filter((one) => !isHead(one));

  before(() => {
    const graph = lower(configureNetwork({ width: 0.05, classes, inputSize: 75 }));
    parameters = initializeParameters(graph, { initializer: "pytorch", seed: 1 });
    state = [...timmTensors(parameters).tensors];
  });

  function take(tensors: [string, Tensor][], options: LoadWeightsOptions = {}): LoadedWeights {
    const all = new Map(tensors);
    const file: TensorFile = {
      entries: new Map(tensors.map(([name, { shape }]) => [name, { dtype: "F32", shape }])),
      metadata: new Map(),
      floats: (name) => all.get(name)?.data ?? new Float32Array(),
    };
    return takeWeights({ format: "safetensors", file }, "x", options);
  }

  const whole = ({ parameters: found }: LoadedWeights) => assert.deepEqual(found, parameters);
  const bias = ({ parameters: found }: LoadedWeights) => found.get("logits/bias")?.data;

  const prefixes =
    "module. _orig_mod. module._orig_mod. model. backbone. encoder. timm_model. _fsdp_wrapped_module. 1. net.0.module. any_word.";
  for (const prefix of prefixes.split(" ")) {
    it(`finds them behind ${prefix}`, () => {
      const loaded = take(behind(prefix));
      whole(loaded);
      assert.deepEqual(loaded.notes, []);
    });
  }

  it("finds them with wrappers around each part", () => {
    const wrapped = state.map(([name, value]): [string, Tensor] => [
      `_fsdp_wrapped_module.${name.replace(/^(\w+)\./, "$1._orig_mod.")}`,
      value,
    ]);
    whole(take(wrapped));
  });

  for (const name of ["fc", "head", "classif.1", "model.head.2", "last_linear", "my_layer"]) {
    it(`takes ${name} as the classifier beside a body`, () => {
      whole(take([...behind("model.", body()), ...headNamed(name)]));
      whole(take([...body(), ...headNamed(name)]));
    });
  }

  it("takes a classifier without a bias as one of zeros", () => {
    const tensors = state.filter(([name]) => name !== "classif.bias");
    assert.deepEqual(bias(take(tensors)), new Float32Array(classes));
  });

  it("gives a body alone as a network without top", () => {
    assert.equal(take(behind("encoder.", body())).graph.outputs.get("logits"), undefined);
  });

  it("leaves out what trainings leave behind, and says so", () => {
    const loaded = take([
      ["n_averaged", numbers(5)],
      ["criterion.weight", numbers(1, 2, 3, 4)],
      ["val_acc.tp", numbers(0)],
      ...behind("module."),
    ]);
    whole(loaded);
    assert.deepEqual(loaded.notes, [
      'Left out what is no part of the network in "x": "n_averaged", "criterion.weight", "val_acc.tp".',
    ]);
  });

  it("normalizes as tensors of the file say, in units of 1 and of levels", () => {
    const mean = numbers(0.485, 0.456, 0.406);
    const std = numbers(0.229, 0.224, 0.225);
    const levels = (one: Tensor) =>
      tensor(
        [1, 3, 1, 1],
        one.data.map((x) => x * 255),
      );
    const some = take([["0.mean", mean], ["0.std", std], ...behind("1.")]);
    assert.deepEqual(some.preprocessing?.mean, [0.485, 0.456, 0.406]);
    assert.deepEqual(some.preprocessing?.std, [0.229, 0.224, 0.225]);
    assert.match(
      some.notes.join(),
      /^Normalizes with mean 0.485, 0.456, 0.406 and deviation 0.229/,
    );
    const same = take([["pixel_mean", levels(mean)], ["pixel_std", levels(std)], ...state]);
    for (const [at, one] of [0.485, 0.456, 0.406].entries()) {
      assert.ok(Math.abs((same.preprocessing?.mean[at] ?? 0) - one) < 1e-6);
    }
  });

  describe("with averages", () => {
    const both = (plain: string, averages: string) => [
      ...behind(plain),
      ...behind(averages, halved()),
    ];
    const isHalved = (loaded: LoadedWeights) =>
      assert.deepEqual(
        bias(loaded),
        parameters.get("logits/bias")?.data.map((x) => x / 2),
      );

    for (const averages of ["state_dict_ema.", "state_dict_ema.module."]) {
      it(`takes ${averages} as timm does, and says so`, () => {
        const tensors = both("state_dict.", averages);
        const loaded = take(tensors);
        isHalved(loaded);
        const place = averages.replace(/\.$/, "");
        assert.deepEqual(loaded.notes, [
          `Loaded the averages behind "${place}" of "x", as timm does; ema: false loads the weights behind "state_dict".`,
        ]);
        whole(take(tensors, { ema: false }));
        isHalved(take(tensors, { ema: true }));
      });
    }

    for (const [plain, averages] of [
      ["model.", "ema."],
      ["model.", "ema_model.module."],
      ["state_dict.model.", "callbacks.EMA.weights.model."],
    ] as const) {
      it(`takes ${plain} before ${averages}, which timm does not know, and says so`, () => {
        const loaded = take(both(plain, averages));
        whole(loaded);
        assert.match(loaded.notes.join(), /^Loaded the weights behind .* of "x"; ema: true loads/);
        isHalved(take(both(plain, averages), { ema: true }));
      });
    }

    it("takes averages that are alone", () => {
      whole(take(behind("ema.")));
      whole(take(behind("ema."), { ema: true }));
    });

    it("keeps each network's own classifier", () => {
      const split = (prefix: string, some: [string, Tensor][]): [string, Tensor][] =>
        some.map((one) => [
          `${prefix}.${isHead(one) ? one[0].replace("classif", "fc") : `net.${one[0]}`}`,
          one[1],
        ]);
      const tensors = [...split("state_dict", state), ...split("state_dict_ema", halved())];
      isHalved(take(tensors));
      whole(take(tensors, { ema: false }));
    });
  });

  describe("refuses", () => {
    const cases: [what: string, () => [string, Tensor][], LoadWeightsOptions, sentence: string][] =
      [
        [
          "two networks that nothing tells apart",
          () => [...behind("student."), ...behind("teacher.")],
          {},
          'expected one network, got those behind "student" and "teacher"',
        ],
        [
          "averages that are not there",
          () => state,
          { ema: true },
          "expected averages of weights, got none",
        ],
        [
          "averages alone where they are not wanted",
          () => behind("ema."),
          { ema: false },
          "expected weights, got averages alone",
        ],
        [
          "two linear layers",
          () => [...body(), ...headNamed("head.0"), ...headNamed("head.3")],
          {},
          'expected one linear layer as the classifier, got "head.0", "head.3"',
        ],
        [
          "a layer between body and classifier",
          () => [
            ...behind("model.", body()),
            ...headNamed("fc"),
            ["neck.bn.weight", numbers(1, 2)],
          ],
          {},
          'expected only tensors of Inception-ResNet-v2, got "neck.bn.weight" too',
        ],
        [
          "a classifier of angles",
          () => [...behind("model.", body()), ["arcface.weight", tensor([classes, 80])]],
          {},
          'expected only tensors of Inception-ResNet-v2, got "arcface.weight" too',
        ],
        [
          "weights that are masked",
          () => [...state, ["conv2d_7b.conv.weight_mask", numbers(1)]],
          {},
          'expected only tensors of Inception-ResNet-v2, got "conv2d_7b.conv.weight_mask" too',
        ],
      ];
    for (const [what, tensors, options, sentence] of cases) {
      it(what, () => {
        const message = `Cannot use weights "x": ${sentence}`;
        assert.throws(() => take(tensors(), options), { name: "ModelError", message });
      });
    }
  });
});
