import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { repositoryFile } from "@inception-resnet-v2/test/helpers/paths.js";
import { lower } from "../architecture/lower.js";
import { configureNetwork } from "../architecture/transforms.js";
import { fileKind, knownStranger, looksLike } from "./strangers.js";

const golden = (name: string) => readFileSync(repositoryFile(`test/golden/${name}`), "utf8");

/** Of another program's network, the names of tensors or layers: make-strangers.py. */
const listed: Readonly<Record<string, readonly string[]>> = JSON.parse(
  golden("stranger-names.json"),
);

const transformer = "a transformer";
const mobile = "a MobileNet or EfficientNet";
const stages = "another network in stages, as RepVGG and MobileViT are";

const expected: Readonly<Record<string, string>> = {
  "timm inception_v3": "Inception-v3",
  "timm inception_v4": "Inception-v4",
  "timm resnet18": "a ResNet",
  "timm resnet50": "a ResNet",
  "timm resnext50_32x4d": "a ResNet",
  "timm seresnet18": "a ResNet",
  "timm hrnet_w18_small": "an HRNet",
  "timm densenet121": "a DenseNet",
  "timm vgg11_bn": "a VGG or AlexNet",
  "timm mobilenetv2_100": mobile,
  "timm mobilenetv3_small_050": mobile,
  "timm efficientnet_b0": mobile,
  "timm ghostnet_100": mobile,
  "timm convnext_atto": "a ConvNeXt",
  "timm vit_tiny_patch16_224": transformer,
  "timm deit_tiny_patch16_224": transformer,
  "timm swin_tiny_patch4_window7_224": transformer,
  "timm beit_base_patch16_224": transformer,
  "timm mixer_s32_224": "an MLP-Mixer",
  "timm xception": "an Xception",
  "timm dpn68": "a DPN",
  "timm nasnetalarge": "a NASNet",
  "timm dla34": "a DLA",
  "timm repvgg_a0": stages,
  "timm mobilevit_xxs": transformer, // it has blocks of them
  "torchvision resnet18": "a ResNet",
  "torchvision inception_v3": "Inception-v3",
  "torchvision googlenet": "GoogLeNet or Inception-v2",
  "torchvision vgg11": "a VGG or AlexNet",
  "torchvision alexnet": "a VGG or AlexNet",
  "torchvision squeezenet1_0": "a SqueezeNet",
  "torchvision densenet121": "a DenseNet",
  "torchvision mobilenet_v2": mobile,
  "torchvision mobilenet_v3_small": mobile,
  "torchvision efficientnet_b0": mobile,
  "torchvision shufflenet_v2_x0_5": "a ShuffleNet",
  "torchvision vit_b_16": transformer,
  "torchvision swin_t": transformer,
  "torchvision convnext_tiny": "a ConvNeXt",
  "keras ResNet50": "a ResNet",
  "keras ResNet50V2": "a ResNet",
  "keras Xception": "an Xception",
  "keras VGG16": "a VGG or AlexNet",
  "keras DenseNet121": "a DenseNet",
  "keras MobileNet": "a MobileNet",
  "keras MobileNetV2": "a MobileNet",
  "keras MobileNetV3Small": "a MobileNet",
  "keras EfficientNetB0": "an EfficientNet",
  "keras EfficientNetV2B0": "an EfficientNet",
  "keras NASNetMobile": "a NASNet",
  "keras ConvNeXtTiny": "a ConvNeXt",
};

describe("knownStranger()", () => {
  for (const [network, names] of Object.entries(listed)) {
    it(`tells ${network} by its names`, () => {
      const known = network === "keras InceptionV3" ? undefined : expected[network];
      assert.equal(knownStranger(names), known); // Keras numbers what Inception-v3 is made of
      const wrapped = names.map((name) => `model.${name}`);
      if (!network.startsWith("keras")) assert.equal(knownStranger(wrapped), known);
    });
  }

  const slim: [variable: string, network: string][] = [
    ["InceptionV1/Conv2d_1a_7x7/weights", "GoogLeNet or Inception-v2"],
    ["InceptionV3/Conv2d_1a_3x3/weights", "Inception-v3"],
    ["InceptionV4/Mixed_5b/Branch_0/Conv2d_0a_1x1/weights", "Inception-v4"],
    [
      "InceptionResnetV1/Repeat/block35_1/Branch_0/Conv2d_1x1/weights",
      "facenet's Inception-ResNet-v1",
    ],
    ["resnet_v1_50/block1/unit_1/bottleneck_v1/conv1/weights", "a ResNet"],
    ["vgg_16/conv1/conv1_1/weights", "a VGG or AlexNet"],
    ["MobilenetV2/Conv/weights", "a MobileNet"],
    [
      "FirstStageFeatureExtractor/InceptionResnetV2/Conv2d_1a_3x3/weights",
      "a detector of TensorFlow's Object Detection",
    ],
    [
      "model/layer_with_weights-0/kernel/.ATTRIBUTES/VARIABLE_VALUE",
      "a checkpoint of Keras by objects, not by names",
    ],
    ["last_bn.weight", "facenet's Inception-ResNet-v1"],
    ["net.mixed_5b.branch0.conv.weight", "this network, each with a prefix"],
  ];
  for (const [variable, network] of slim) {
    it(`tells ${network} by ${variable}`, () => assert.equal(knownStranger([variable]), network));
  }

  it("takes no name of this network, of whoever's file, for another's", () => {
    const columns = (file: string) =>
      golden(file)
        .trim()
        .split("\n")
        .flatMap((line) => line.split("\t").filter((one) => !/^[\d.x]+$/.test(one)));
    const network = lower(configureNetwork({ auxiliary: true }), { batchNormScale: true });
    const names = [
      ...network.parameters.map(({ name }) => name),
      ...columns("timm-names.tsv"),
      ...columns("keras-names.tsv"),
    ];
    assert.ok(names.length > 3000);
    for (const name of names) assert.equal(knownStranger([name]), undefined, name);
  });
});

describe("looksLike()", () => {
  it("gives the name that told", () => {
    const some = ["fc.weight", "layer1.0.conv1.weight"];
    assert.equal(
      looksLike(some),
      'tensors of a ResNet (2 tensors such as "layer1.0.conv1.weight")',
    );
    assert.equal(looksLike(some.slice(0, 1)), '1 tensor such as "fc.weight"');
    assert.equal(looksLike([]), "none");
  });
});

describe("fileKind()", () => {
  const kinds: [kind: string | undefined, bytes: Uint8Array][] = [
    ["a PNG image", Buffer.from("\x89PNG\r\n\x1a\n", "latin1")],
    ["a JPEG image", Buffer.from([0xff, 0xd8, 0xff, 0xe0])],
    ["an array of NumPy", Buffer.from("\x93NUMPY\x01\0v\0", "latin1")],
    ["a model of TensorFlow Lite", Buffer.from("\x1c\0\0\0TFL3", "latin1")],
    ["a GGUF file of llama.cpp", Buffer.from("GGUF\x03\0\0\0")],
    ["a web page", Buffer.from("<!DOCTYPE html><html>")],
    ["a Git LFS pointer in place of the file", Buffer.from("version https://git-lfs.github.com")],
    ["a tar archive", Buffer.concat([Buffer.alloc(257, "x"), Buffer.from("ustar\0")])],
    [
      "an HDF5 file behind a user block",
      Buffer.concat([Buffer.alloc(512), Buffer.from("\x89HDF\r\n\x1a\n", "latin1")]),
    ],
    [undefined, Buffer.from("some text")],
    [undefined, new Uint8Array()],
  ];
  for (const [kind, bytes] of kinds) {
    it(`tells ${kind ?? "nothing"}`, () => assert.equal(fileKind(bytes), kind));
  }
});
