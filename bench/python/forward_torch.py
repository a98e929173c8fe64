"""Prints the median milliseconds per image of timm's forward pass: mode, batch, threads."""

import statistics
import sys
import time

import timm
import torch

mode, batch, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(threads)
model = timm.create_model("inception_resnet_v2", pretrained=False).eval()
images = torch.rand(batch, 3, 299, 299) * 2 - 1
with torch.inference_mode():
    if mode == "channels_last":
        model = model.to(memory_format=torch.channels_last)
        images = images.to(memory_format=torch.channels_last)
    elif mode == "channels_last_bf16":
        model = model.to(memory_format=torch.channels_last, dtype=torch.bfloat16)
        images = images.to(memory_format=torch.channels_last, dtype=torch.bfloat16)
    elif mode == "autocast_bf16":
        model = model.to(memory_format=torch.channels_last)
        images = images.to(memory_format=torch.channels_last)
    elif mode == "jit_freeze":
        model = torch.jit.freeze(torch.jit.trace(model, images))
    times = []
    for run in range(-3, 25 if batch == 1 else 8):
        start = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=mode == "autocast_bf16"):
            model(images)
        if run >= 0:
            times.append((time.perf_counter() - start) * 1000 / batch)
print(statistics.median(times), end="")
