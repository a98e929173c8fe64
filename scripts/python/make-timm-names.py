"""Writes names and shapes of timm's state dicts: test/golden/timm-names.tsv and timm-names-inception-v4.tsv."""

import pathlib

import timm

golden = pathlib.Path(__file__).parents[2] / "test/golden"
for network, name in (
    ("inception_resnet_v2", "timm-names.tsv"),
    ("inception_v4", "timm-names-inception-v4.tsv"),
):
    state = timm.create_model(network, pretrained=False).state_dict()
    lines = [f"{name}\t{'x'.join(map(str, value.shape))}\n" for name, value in state.items()]
    (golden / name).write_text("".join(lines))
    print(len(lines), "names of", network, "in timm", timm.__version__)
