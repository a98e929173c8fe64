"""Writes test/golden/stranger-names.json: names of the tensors or layers of other networks, of each
numbered series only the first, as timm, torchvision and Keras have them. And test/golden/strangers/:
a few channels of a ResNet, and of an Inception-v3 of TF-Slim, in the files of each program.
"""

import gzip
import json
import os
import pathlib
import re
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np
import tensorflow as tf
import timm
import torch
import torchvision

golden = pathlib.Path(__file__).parents[2] / "test/golden"

timm_models = """inception_v3 inception_v4 resnet18 resnet50 resnext50_32x4d seresnet18 hrnet_w18_small
densenet121 vgg11_bn mobilenetv2_100 mobilenetv3_small_050 efficientnet_b0 ghostnet_100 convnext_atto
vit_tiny_patch16_224 deit_tiny_patch16_224 swin_tiny_patch4_window7_224 beit_base_patch16_224
mixer_s32_224 xception dpn68 nasnetalarge dla34 repvgg_a0 mobilevit_xxs""".split()
torchvision_models = """resnet18 inception_v3 googlenet vgg11 alexnet squeezenet1_0 densenet121
mobilenet_v2 mobilenet_v3_small efficientnet_b0 shufflenet_v2_x0_5 vit_b_16 swin_t
convnext_tiny""".split()
keras_models = """ResNet50 ResNet50V2 InceptionV3 Xception VGG16 DenseNet121 MobileNet MobileNetV2
MobileNetV3Small EfficientNetB0 EfficientNetV2B0 NASNetMobile ConvNeXtTiny""".split()


def some(names):
    first = {}
    for name in names:
        first.setdefault(re.sub(r"\d+", "#", name), name)
    return list(first.values())


class Block(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(2, 2, 3, padding=1, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(2)

    def forward(self, x):
        return torch.relu(x + self.bn1(self.conv1(x)))


class SmallResNet(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(3, 2, 3, stride=2, bias=False)
        self.layer1 = torch.nn.Sequential(Block(), Block())
        self.fc = torch.nn.Linear(2, 4)

    def forward(self, x):
        return self.fc(self.layer1(self.conv1(x)).mean((2, 3)))


def write_torch(folder):
    model = SmallResNet().eval()
    torch.save(model.state_dict(), folder / "resnet.pth")
    old = {"_use_new_zipfile_serialization": False}
    torch.save(model.state_dict(), folder / "resnet-legacy.pth", **old)
    torch.onnx.export(model, torch.zeros(1, 3, 32, 32), folder / "resnet.onnx", dynamo=False)


def write_keras(folder):
    image = keras.Input((32, 32, 3))
    x = keras.layers.Conv2D(2, 1, name="conv1_conv")(image)
    for name in ("conv2_block1_1_conv", "conv2_block1_2_conv"):
        x = keras.layers.Conv2D(2, 1, name=name)(x)
    model = keras.Model(image, x)
    model.save_weights(folder / "resnet.weights.h5")
    model.save(folder / "resnet.keras")
    model.save(folder / "resnet.h5")


def write_slim(folder):
    names = ["Conv2d_1a_3x3/weights", "Mixed_5b/Branch_0/Conv2d_0a_1x1/weights"]
    tf1 = tf.compat.v1
    for version in (tf1.train.SaverDef.V1, tf1.train.SaverDef.V2):
        with tf.Graph().as_default(), tf1.Session() as session:
            variables = {
                f"InceptionV3/{name}": tf1.get_variable(
                    f"v{at}", initializer=np.ones((1, 1, 3, 2), np.float32), use_resource=False
                )
                for at, name in enumerate(names)
            }
            session.run(tf1.global_variables_initializer())
            saver = tf1.train.Saver(variables, write_version=version)
            path = folder / f"inception-v3-v{version}.ckpt"
            saver.save(session, str(path), write_meta_graph=False, write_state=False)


def write_names():
    listed = {}
    for name in timm_models:
        with torch.device("meta"):
            model = timm.create_model(name, pretrained=False)
        listed[f"timm {name}"] = some(model.state_dict())
    for name in torchvision_models:
        how = {"init_weights": False} if name in ("inception_v3", "googlenet") else {}
        with torch.device("meta"):
            model = getattr(torchvision.models, name)(weights=None, **how)
        listed[f"torchvision {name}"] = some(model.state_dict())
    for name in keras_models:
        keras.utils.clear_session()
        model = getattr(keras.applications, name)(weights=None)
        listed[f"keras {name}"] = some(one.name for one in model.layers if one.weights)
    text = json.dumps(listed, indent=0)
    (golden / "stranger-names.json").write_text(text + "\n")


if __name__ == "__main__":
    write_names()
    work = pathlib.Path(tempfile.mkdtemp())
    write_torch(work)
    write_keras(work)
    write_slim(work)
    folder = golden / "strangers"
    folder.mkdir(exist_ok=True)
    for path in sorted(work.iterdir()):
        packed = gzip.compress(path.read_bytes(), 9, mtime=0)
        (folder / f"{path.name}.gz").write_bytes(packed)
        print(f"{path.name}: {path.stat().st_size} bytes, {len(packed)} gzipped")
