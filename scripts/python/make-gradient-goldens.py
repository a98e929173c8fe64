"""Writes test/golden/gradients-pytorch.json: the whole network's gradients, by PyTorch in float64.

timm's network at 299 with the hash weights of test/helpers/hash-weights.ts, batch norm in training
mode, batch 2, mean cross-entropy. The gradients themselves are 217 MB; kept are, for each of the 490
trainable tensors, its L2 norm, eight projections on pseudo-random signs (the mean square of their
differences estimates the squared distance of two gradients), and the largest distance of PyTorch's
own float32 runs: contiguous, channels_last, and without oneDNN. They differ from each other because
a few of the 25 million activations lie so near to zero that rounding decides the sign, and a ReLU
then passes or stops a whole gradient. The same for the running statistics after one step.

Run from the repository: python scripts/python/make-gradient-goldens.py
"""

import json
import pathlib

import numpy as np
import timm
import torch

BATCH, SIZE, CLASSES, PROJECTIONS = 2, 299, 1000, 8
MASK = np.uint64(0xFFFFFFFF)


def unit(tensor_id, indices):
    """The hash of the goldens: an element of tensor `tensor_id` as a number in 0...1."""
    h = (np.uint64(tensor_id) * np.uint64(0x9E3779B1) + indices * np.uint64(0x85EBCA6B)) & MASK
    h ^= h >> np.uint64(16)
    h = (h * np.uint64(0x7FEB352D)) & MASK
    h ^= h >> np.uint64(15)
    h = (h * np.uint64(0x846CA68B)) & MASK
    h ^= h >> np.uint64(16)
    return h.astype(np.float64) / 2**32


def filled(tensor_id, shape):
    return unit(tensor_id, np.arange(np.prod(shape), dtype=np.uint64)).reshape(shape)


def rounded(values):
    return torch.from_numpy(np.ascontiguousarray(values).astype(np.float32)).to(torch.float64)


def load_hash_weights(model):
    """Gives PyTorch's modules the values that the hash defines in TensorFlow's layouts."""
    norms = {}
    convolutions = [(n, m) for n, m in model.named_modules() if isinstance(m, torch.nn.Conv2d)]
    for index, (name, conv) in enumerate(convolutions, 1):
        out, cin, kh, kw = conv.weight.shape
        scale = 2 * np.sqrt(6 / (kh * kw * cin))
        values = (filled(4 * index, (kh, kw, cin, out)) - 0.5) * scale
        conv.weight.data = rounded(values.transpose(3, 2, 0, 1))
        if conv.bias is not None:
            conv.bias.data = rounded((filled(4 * index + 1, (out,)) - 0.5) * 0.2)
            continue
        norm = model.get_submodule(name.removesuffix(".conv") + ".bn")
        norm.bias.data = rounded((filled(4 * index + 1, (out,)) - 0.5) * 0.2)
        norm.running_mean = rounded((filled(4 * index + 2, (out,)) - 0.5) * 0.2)
        norm.running_var = rounded(filled(4 * index + 3, (out,)) + 0.5)
        norm.weight.data = torch.ones(out, dtype=torch.float64)
    index = len(convolutions) + 1
    values = (filled(4 * index, (1536, CLASSES)) - 0.5) * 2 * np.sqrt(6 / 1536)
    model.classif.weight.data = rounded(values.T)
    model.classif.bias.data = rounded((filled(4 * index + 1, (CLASSES,)) - 0.5) * 0.2)


def run(dtype, memory_format=torch.contiguous_format):
    model = timm.create_model("inception_resnet_v2", pretrained=False, drop_rate=0).double()
    load_hash_weights(model)
    model = model.to(dtype).to(memory_format=memory_format).train()
    images = rounded(2 * filled(0, (BATCH, SIZE, SIZE, 3)) - 1).permute(0, 3, 1, 2).to(dtype)
    images = images.contiguous(memory_format=memory_format)
    classes = torch.tensor([71 * (at + 1) for at in range(BATCH)])
    loss = torch.nn.functional.cross_entropy(model(images), classes)
    loss.backward()
    gradients = {
        name: p.grad for name, p in model.named_parameters() if not name.endswith("bn.weight")
    }
    buffers = {n: b for n, b in model.named_buffers() if "running" in n}
    return loss.item(), gradients, buffers


def digest(index, exact, singles):
    values = exact.double().flatten().numpy()
    at = np.arange(values.size, dtype=np.uint64)
    signs = [np.where(unit(2000 + 8 * index + p, at) < 0.5, -1.0, 1.0) for p in range(PROJECTIONS)]
    norm = exact.norm().item()
    return {
        "shape": list(exact.shape),
        "norm": norm,
        "projections": [float(sign @ values) for sign in signs],
        "float32Distance": max((one.double() - exact).norm().item() for one in singles) / norm,
    }


exact_loss, exact, exact_buffers = run(torch.float64)
singles = [run(torch.float32), run(torch.float32, torch.channels_last)]
with torch.backends.mkldnn.flags(enabled=False):
    singles.append(run(torch.float32))
golden = {
    "torch": torch.__version__,
    "timm": timm.__version__,
    "batch": BATCH,
    "loss": exact_loss,
    "float32Loss": singles[0][0],
    "gradients": {n: digest(i, exact[n], [s[1][n] for s in singles]) for i, n in enumerate(exact)},
    "statistics": {
        n: digest(i, exact_buffers[n], [s[2][n] for s in singles])
        for i, n in enumerate(exact_buffers)
    },
}
path = pathlib.Path(__file__).parents[2] / "test/golden/gradients-pytorch.json"
path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
worst = max(golden["gradients"].values(), key=lambda one: one["float32Distance"])
print(len(exact), "gradients; loss", exact_loss, "worst float32 distance", worst["float32Distance"])
