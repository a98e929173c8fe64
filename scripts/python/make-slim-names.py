"""Writes test/golden/slim-names.tsv: names and shapes of slim's variables for this network.

python make-slim-names.py LIST, where each line of LIST has a name, a tab and a shape such as
[3, 3, 3, 32], as ../shared/reference/slim-variables.tsv does: all that research/slim builds, with
auxiliary logits and 1001 classes, in the order of building.
"""

import json
import pathlib
import sys

lines = pathlib.Path(sys.argv[1]).read_text().splitlines()
variables = [(name, json.loads(shape)) for name, shape in (line.split("\t") for line in lines)]
path = pathlib.Path(__file__).parents[2] / "test/golden/slim-names.tsv"
path.write_text("".join(f"{name}\t{'x'.join(map(str, shape))}\n" for name, shape in variables))
print(len(variables), "names")
