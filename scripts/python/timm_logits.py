"""Runs timm's own pipeline on photos: folder with timm.safetensors, then the photos.

Writes, beside the weights, pixels.f32 (what timm's transform gives, [n,3,299,299]) and logits.f32
([n,1000]), both little-endian float32.
"""

import pathlib
import sys

import timm
import torch
from PIL import Image
from safetensors.torch import load_file

folder = pathlib.Path(sys.argv[1])
model = timm.create_model("inception_resnet_v2", pretrained=False)
model.load_state_dict(load_file(folder / "timm.safetensors"))
model.eval()
config = timm.data.resolve_data_config(model.pretrained_cfg)
transform = timm.data.create_transform(**config, is_training=False)
images = torch.stack([transform(Image.open(photo).convert("RGB")) for photo in sys.argv[2:]])
with torch.inference_mode():
    logits = torch.cat([model(image.unsqueeze(0)) for image in images])
(folder / "pixels.f32").write_bytes(images.numpy().tobytes())
(folder / "logits.f32").write_bytes(logits.numpy().tobytes())
