"""The recipe `from-scratch-small` in PyTorch, on the same photos: what `irv2 train` is held to.

    python scripts/python/train_folder.py DIR [--width 0.35] [--size 139] [--epochs 12] [--seed 0]

Same network, initial distribution, optimiser, schedule, loss, augmentation and preprocessing as
packages/core/src/training/recipes.ts says; other random numbers. Prints a line an epoch.
"""

import argparse
import math
import pathlib
import time

import torch
from PIL import Image
from torch import nn
from torchvision import transforms
from torchvision.transforms import InterpolationMode

from network import Network, initialize

parser = argparse.ArgumentParser()
parser.add_argument("data", type=pathlib.Path)
parser.add_argument("--width", type=float, default=0.35)
parser.add_argument("--size", type=int, default=139)
parser.add_argument("--epochs", type=int, default=12)
parser.add_argument("--batch", type=int, default=32)
parser.add_argument("--rate", type=float, default=0.002)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--threads", type=int, default=2)
args = parser.parse_args()
torch.set_num_threads(args.threads)
torch.manual_seed(args.seed)

normalize = transforms.Compose([transforms.ToTensor(), transforms.Normalize([0.5] * 3, [0.5] * 3)])
vary = transforms.Compose(
    [
        transforms.RandomResizedCrop(args.size, (0.35, 1), interpolation=InterpolationMode.BICUBIC),
        transforms.RandomHorizontalFlip(),
        transforms.ColorJitter(16 / 255, 0.2, 0.2, 0.02),
        normalize,
    ]
)
show = transforms.Compose(
    [
        transforms.Resize(math.floor(args.size / 0.8975), InterpolationMode.BICUBIC),
        transforms.CenterCrop(args.size),
        normalize,
    ]
)
classes = sorted(one.name for one in (args.data / "train").iterdir() if one.is_dir())


def photos(side):
    files = [
        (file, label)
        for label, name in enumerate(classes)
        for file in sorted((args.data / side / name).iterdir())
    ]
    return [(Image.open(file).convert("RGB"), label) for file, label in files]


train, validation = photos("train"), photos("val")
network = Network(len(classes), args.width)
initialize(network)
network = network.to(memory_format=torch.channels_last)
offsets = {id(m.bias) for m in network.modules() if isinstance(m, nn.BatchNorm2d)}
trained = [one for one in network.parameters() if one.requires_grad]
optimizer = torch.optim.AdamW(
    [
        {"params": [one for one in trained if id(one) not in offsets], "weight_decay": 0.05},
        {"params": [one for one in trained if id(one) in offsets], "weight_decay": 0},
    ],
    lr=args.rate,
)
loss_of = nn.CrossEntropyLoss(label_smoothing=0.1)
steps = len(train) // args.batch


def rate_at(epoch):
    if epoch + 1 / steps < 1:
        return args.rate * (epoch + 1 / steps)
    return args.rate * (1 + math.cos(math.pi * (epoch - 1) / (args.epochs - 1))) / 2


for epoch in range(args.epochs):
    started, order = time.time(), torch.randperm(len(train))
    network.train()
    total = right = 0
    for step in range(steps):
        rows = order[step * args.batch : (step + 1) * args.batch]
        x = torch.stack([vary(train[row][0]) for row in rows])
        y = torch.tensor([train[row][1] for row in rows])
        logits = network(x.to(memory_format=torch.channels_last))[0]
        loss = loss_of(logits, y)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(trained, 5)
        for group in optimizer.param_groups:
            group["lr"] = rate_at(epoch + step / steps)
        optimizer.step()
        total += loss.item()
        right += (logits.argmax(1) == y).sum().item()
    seconds = time.time() - started
    network.eval()
    with torch.no_grad():
        logits = [
            network(torch.stack([show(image) for image, _ in validation[at : at + 32]]))[0]
            for at in range(0, len(validation), 32)
        ]
    logits, y = torch.cat(logits), torch.tensor([label for _, label in validation])
    top1 = (logits.argmax(1) == y).double().mean().item()
    print(
        f"epoch {epoch + 1} loss {total / steps:.4f} top-1 {right / steps / args.batch:.4f}"
        f" validation loss {nn.functional.cross_entropy(logits, y).item():.4f}"
        f" top-1 {top1:.4f} {steps * args.batch / seconds:.1f} images/s",
        flush=True,
    )
