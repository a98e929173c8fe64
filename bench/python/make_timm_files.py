"""Writes timm.safetensors and timm.onnx into a folder: timm's network with random weights.

The scales keep activations alive at every depth, and batch norm's statistics are those of noise
images, shifted a little, so that no term of it cancels. timm itself writes the weights, torch.onnx
the graph.
"""

import pathlib
import sys

import timm
import torch
from safetensors.torch import save_file


def make_model(seed=7):
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    model = timm.create_model("inception_resnet_v2", pretrained=False)
    for name, parameter in model.named_parameters():
        if parameter.dim() == 4:
            torch.nn.init.kaiming_normal_(parameter, nonlinearity="relu", generator=generator)
            if name.endswith("conv2d.weight"):
                parameter.data.mul_(0.5)
        elif name.endswith("bn.weight"):
            parameter.data.uniform_(0.6, 1.4, generator=generator)
        elif name.endswith("bn.bias"):
            parameter.data.uniform_(-0.3, 0.3, generator=generator)
    norms = [m for m in model.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = None
    model.train()
    with torch.no_grad():
        for _ in range(2):
            model(torch.randn(4, 3, 299, 299, generator=generator))
    for norm in norms:
        spread = torch.empty_like(norm.running_var).uniform_(0.7, 1.4, generator=generator)
        norm.running_var.mul_(spread)
    return model.eval()


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    model = make_model()
    state = {name: value.contiguous() for name, value in model.state_dict().items()}
    torch.onnx.export(
        model,
        (torch.randn(1, 3, 299, 299),),
        str(folder / "timm.onnx"),
        input_names=["image"],
        output_names=["logits"],
        dynamic_shapes=({0: torch.export.Dim("N", min=1, max=64)},),
        verbose=False,
    )
    save_file(state, folder / "timm.safetensors", metadata={"format": "pt"})
