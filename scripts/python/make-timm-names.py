"""Writes test/golden/timm-names.tsv: names and shapes of timm's state dict for this network."""

import pathlib

import timm

state = timm.create_model("inception_resnet_v2", pretrained=False).state_dict()
lines = [f"{name}\t{'x'.join(map(str, value.shape))}\n" for name, value in state.items()]
path = pathlib.Path(__file__).parents[2] / "test/golden/timm-names.tsv"
path.write_text("".join(lines))
print(len(lines), "names of timm", timm.__version__)
