"""Classifies one photo with timm, as its documentation does: photo, weights, threads."""

import sys

import timm
import torch
from PIL import Image
from safetensors.torch import load_file

photo, weights, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
torch.set_num_threads(threads)
model = timm.create_model("inception_resnet_v2", pretrained=False)
model.load_state_dict(load_file(weights))
model.eval()
transform = timm.data.create_transform(
    **timm.data.resolve_data_config(model.pretrained_cfg), is_training=False
)
image = transform(Image.open(photo).convert("RGB")).unsqueeze(0)
with torch.inference_mode():
    scores, classes = model(image).softmax(1).topk(5)
for score, index in zip(scores[0].tolist(), classes[0].tolist()):
    print(index, score)
