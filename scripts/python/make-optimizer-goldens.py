"""Writes test/golden/optimizers.json: three steps of each optimiser, by those who defined them.

RMSProp is TensorFlow's own tf.compat.v1.train.RMSPropOptimizer (its square slot starts at one, and
epsilon is inside the root); SGD and AdamW are PyTorch's. Run from the repository:
python scripts/python/make-optimizer-goldens.py
"""

import json
import pathlib

import numpy as np
import tensorflow as tf
import torch

random = np.random.default_rng(20160830)
start = random.standard_normal(12).astype(np.float32)
gradients = random.standard_normal((3, 12)).astype(np.float32)
rate = 0.045
cases = []


def case(name, op, attributes, steps):
    cases.append({"name": name, "op": op, "attributes": attributes, "weights": steps})


def tensorflow_rmsprop(decay, momentum, epsilon):
    tf.compat.v1.disable_eager_execution()
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        w = tf.compat.v1.Variable(start.astype(np.float64))
        g = tf.compat.v1.placeholder(tf.float64, [12])
        optimizer = tf.compat.v1.train.RMSPropOptimizer(rate, decay, momentum, epsilon)
        step = optimizer.apply_gradients([(g, w)])
        session.run(tf.compat.v1.global_variables_initializer())
        result = []
        for gradient in gradients:
            session.run(step, {g: gradient.astype(np.float64)})
            result.append(session.run(w).tolist())
        return result


def torch_steps(make):
    w = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    optimizer = make([w])
    result = []
    for gradient in gradients:
        w.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
        result.append(w.detach().tolist())
    return result


for name, epsilon in [("the paper's epsilon", 1.0), ("a small epsilon", 1e-8)]:
    attributes = {"decay": 0.9, "momentum": 0.9, "epsilon": epsilon}
    case(name, "rmsprop_update", attributes, tensorflow_rmsprop(0.9, 0.9, epsilon))
for name, options in [
    ("plain", {"momentum": 0.0}),
    ("momentum and decay", {"momentum": 0.9, "weight_decay": 0.01}),
    ("Nesterov", {"momentum": 0.9, "nesterov": True}),
]:
    attributes = {
        "momentum": options["momentum"],
        "nesterov": options.get("nesterov", False),
        "weightDecay": options.get("weight_decay", 0),
    }
    steps = torch_steps(lambda w: torch.optim.SGD(w, lr=rate, **options))
    case(name, "sgd_update", attributes, steps)
attributes = {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weightDecay": 0.05}
steps = torch_steps(lambda w: torch.optim.AdamW(w, lr=rate, weight_decay=0.05))
case("with decay", "adamw_update", attributes, steps)

golden = {
    "tensorflow": tf.__version__,
    "torch": torch.__version__,
    "rate": rate,
    "start": start.tolist(),
    "gradients": gradients.tolist(),
    "cases": cases,
}
path = pathlib.Path(__file__).parents[2] / "test/golden/optimizers.json"
path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
print(f"{len(cases)} cases in {path.name}")
