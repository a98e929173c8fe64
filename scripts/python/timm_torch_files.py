"""Writes timm's network with random values of every tensor into a folder, three times the same.

model.safetensors, zip.pth (torch.save of today) and legacy.pth (torch.save before 1.6).
"""

import pathlib
import sys

import timm
import torch
from safetensors.torch import save_file

folder = pathlib.Path(sys.argv[1])
torch.manual_seed(20160830)
state = timm.create_model("inception_resnet_v2", pretrained=False).state_dict()
for at, value in enumerate(state.values()):
    if value.is_floating_point():
        value.uniform_(-0.5, 1.5)
    else:
        value.fill_(at)
save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
torch.save(state, folder / "zip.pth")
torch.save(state, folder / "legacy.pth", _use_new_zipfile_serialization=False)
