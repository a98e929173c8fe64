"""Runs timm's Inception-v4 with random weights; writes into a folder what a test compares with.

timm.safetensors, timm.pth (the same weights), image.f32 ([2,3,299,299]), logits.f32 ([2,1000]),
both little-endian float32, timm.onnx where a second argument asks for it, and facts.json: parameters
of the module, multiply-adds of its convolutions and its classifier for one image, counted by hooks, and
timm's preprocessing.

Batch norm's statistics are those of noise images, shifted a little, so that no term of it cancels.
"""

import json
import pathlib
import sys

import timm
import torch
from safetensors.torch import save_file


def make_model(seed=7):
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    model = timm.create_model("inception_v4", pretrained=False)
    for name, parameter in model.named_parameters():
        if parameter.dim() == 4:
            torch.nn.init.kaiming_normal_(parameter, nonlinearity="relu", generator=generator)
        elif name.endswith("bn.weight"):
            parameter.data.uniform_(0.6, 1.4, generator=generator)
        elif name.endswith("bn.bias"):
            parameter.data.uniform_(-0.3, 0.3, generator=generator)
    norms = [m for m in model.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = None
    model.train()
    with torch.no_grad():
        model(torch.randn(4, 3, 299, 299, generator=generator))
    for norm in norms:
        spread = torch.empty_like(norm.running_var).uniform_(0.7, 1.4, generator=generator)
        norm.running_var.mul_(spread)
    return model.eval()


def multiply_adds(model, image):
    """Of convolutions and linear layers, for the shapes that they really meet."""
    total = 0

    def count(module, inputs, output):
        nonlocal total
        cells = output[0].numel() if isinstance(module, torch.nn.Conv2d) else output.shape[1]
        total += cells * module.weight[0].numel()

    hooks = [
        module.register_forward_hook(count)
        for module in model.modules()
        if isinstance(module, (torch.nn.Conv2d, torch.nn.Linear))
    ]
    with torch.inference_mode():
        model(image)
    for hook in hooks:
        hook.remove()
    return total


folder = pathlib.Path(sys.argv[1])
model = make_model()
state = {name: value.contiguous() for name, value in model.state_dict().items()}
save_file(state, folder / "timm.safetensors", metadata={"format": "pt"})
torch.save(state, folder / "timm.pth")
images = torch.randn(2, 3, 299, 299, generator=torch.Generator().manual_seed(11))
with torch.inference_mode():
    logits = model(images)
(folder / "image.f32").write_bytes(images.numpy().tobytes())
(folder / "logits.f32").write_bytes(logits.numpy().tobytes())
config = timm.data.resolve_data_config(model.pretrained_cfg)
facts = {
    "parameters": sum(one.numel() for one in model.parameters()),
    "macs": multiply_adds(model, images[:1]),
    "crop": config["crop_pct"],
    "interpolation": config["interpolation"],
    "mean": list(config["mean"]),
}
(folder / "facts.json").write_text(json.dumps(facts))
if len(sys.argv) > 2:
    torch.onnx.export(
        model,
        (images[:1],),
        str(folder / "timm.onnx"),
        input_names=["image"],
        output_names=["logits"],
        dynamic_shapes=({0: torch.export.Dim("N", min=1, max=64)},),
        verbose=False,
    )
