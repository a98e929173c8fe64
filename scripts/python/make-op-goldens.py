"""Writes test/golden/ops-pytorch.json: small inputs and PyTorch's float64 outputs for every op.

Needs Python with PyTorch. Run from the repository: python scripts/python/make-op-goldens.py
"""

import json
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(20160830)
cases = []


def random(*shape):
    """Values that float32 holds exactly, so that every executor starts from the same numbers."""
    return torch.randn(*shape).to(torch.float32).to(torch.float64)


def case(name, op, attributes, inputs, outputs):
    pack = lambda t: {"shape": list(t.shape), "data": [float(f"{v:.9g}") for v in t.flatten().tolist()]}
    cases.append(
        {
            "name": name,
            "op": op,
            "attributes": attributes,
            "inputs": [pack(t) for t in inputs],
            "outputs": [pack(t) for t in outputs],
        }
    )


def conv(name, x, w, b=None, stride=(1, 1), padding=(0, 0)):
    y = F.conv2d(x, w, b, stride=stride, padding=padding)
    case(name, "conv2d", {"stride": stride, "padding": padding}, [t for t in (x, w, b) if t is not None], [y])


conv("1x1 with bias", random(2, 3, 4, 5), random(4, 3, 1, 1), random(4))
conv("3x3 same", random(2, 3, 5, 4), random(2, 3, 3, 3), padding=(1, 1))
conv("3x3 stride 2 valid, odd grid", random(1, 2, 7, 7), random(3, 2, 3, 3), stride=(2, 2))
conv("3x3 stride 2 valid, even grid", random(2, 2, 8, 6), random(3, 2, 3, 3), random(3), stride=(2, 2))
conv("1x7 same", random(1, 2, 3, 9), random(2, 2, 1, 7), padding=(0, 3))
conv("7x1 same", random(1, 2, 9, 3), random(2, 2, 7, 1), padding=(3, 0))
conv("5x5 same on a smaller grid", random(1, 1, 3, 3), random(2, 1, 5, 5), padding=(2, 2))

x, beta, mean, gamma = random(2, 3, 4, 2), random(3), random(3), random(3)
variance = random(3).abs()
norm = lambda g: F.batch_norm(x, mean, variance, g, beta, training=False, eps=1e-3)
case("without gamma", "batch_norm", {"epsilon": 1e-3}, [x, beta, mean, variance], [norm(None)])
case("with gamma", "batch_norm", {"epsilon": 1e-3}, [x, beta, mean, variance, gamma], [norm(gamma)])

case("both signs", "relu", {}, [x], [F.relu(x)])
window = lambda k, s, p: {"kernel": [k, k], "stride": [s, s], "padding": [p, p]}
grid = random(2, 2, 7, 6)
case("3x3 stride 2", "max_pool", window(3, 2, 0), [grid], [F.max_pool2d(grid, 3, 2)])
case("all negative", "max_pool", window(3, 2, 0), [-grid.abs()], [F.max_pool2d(-grid.abs(), 3, 2)])
average = lambda t, k, s, p: F.avg_pool2d(t, k, s, p, count_include_pad=False)
case("3x3 same leaves padding out", "avg_pool", window(3, 1, 1), [grid], [average(grid, 3, 1, 1)])
big = random(1, 2, 9, 8)
case("5x5 stride 3 valid", "avg_pool", window(5, 3, 0), [big], [average(big, 5, 3, 0)])
case("uneven grid", "global_avg_pool", {}, [grid], [grid.mean((2, 3))])
case("uneven grid", "global_max_pool", {}, [grid], [grid.amax((2, 3))])
other = random(2, 3, 7, 6)
case("two inputs", "concat", {}, [grid, other], [torch.cat([grid, other], 1)])
case("one input", "concat", {}, [grid], [grid])
case("by 0.17", "scale", {"factor": 0.17}, [grid], [grid * 0.17])
case("equal shapes", "add", {}, [grid, grid.flip(0)], [grid + grid.flip(0)])
case("keeps everything", "dropout", {"rate": 0.2}, [grid], [grid])
case("rows of channels", "flatten", {}, [grid], [grid.flatten(1)])
a, w, b = random(3, 5), random(4, 5), random(4)
case("three rows", "linear", {}, [a, w, b], [F.linear(a, w, b)])



def gradients(outputs, dys, *inputs):
    """PyTorch autograd's gradients of sum(output * dy) by each input."""
    return torch.autograd.grad(outputs, inputs, dys)


def leaf(t):
    return t.detach().clone().requires_grad_()


def conv_gradients(name, x, w, stride=(1, 1), padding=(0, 0)):
    x, w = leaf(x), leaf(w)
    y = F.conv2d(x, w, None, stride=stride, padding=padding)
    dy = random(*y.shape)
    dx, dw = gradients(y, dy, x, w)
    attributes = {"stride": stride, "padding": padding}
    size = {"size": list(x.shape[2:])}
    case(name, "conv2d_input_gradient", {**attributes, **size}, [dy, w], [dx])
    kernel = {"kernel": list(w.shape[2:])}
    case(name, "conv2d_weight_gradient", {**attributes, **kernel}, [dy, x], [dw])


conv_gradients("1x1", random(2, 3, 4, 5), random(4, 3, 1, 1))
conv_gradients("1x1, wide and small grid", random(3, 6, 2, 2), random(7, 6, 1, 1))
conv_gradients("3x3 same", random(2, 3, 5, 4), random(2, 3, 3, 3), padding=(1, 1))
conv_gradients("3x3 valid", random(2, 2, 6, 5), random(3, 2, 3, 3))
conv_gradients("3x3 stride 2, odd grid", random(2, 2, 7, 7), random(3, 2, 3, 3), stride=(2, 2))
conv_gradients("3x3 stride 2, even grid", random(2, 2, 8, 6), random(3, 2, 3, 3), stride=(2, 2))
conv_gradients("1x7 same", random(2, 2, 3, 9), random(2, 2, 1, 7), padding=(0, 3))
conv_gradients("7x1 same", random(1, 2, 9, 3), random(2, 2, 7, 1), padding=(3, 0))
conv_gradients("whole grid", random(2, 2, 3, 3), random(4, 2, 3, 3))

for name, gamma in [("without gamma", None), ("with gamma", random(3))]:
    x, beta, dy = leaf(random(4, 3, 3, 2)), leaf(random(3)), random(4, 3, 3, 2)
    scale = leaf(torch.ones(3, dtype=torch.float64) if gamma is None else gamma)
    given = [] if gamma is None else [scale]
    y = F.batch_norm(x, None, None, scale, beta, training=True, eps=1e-3)
    mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
    case(name, "batch_norm_training", {"epsilon": 1e-3}, [x, beta, *given], [y, mean, variance])
    dx, dbeta, dgamma = gradients(y, dy, x, beta, scale)
    mean, variance = (t.to(torch.float32).to(torch.float64) for t in (mean, variance))
    inputs = [dy, x, mean, variance, *given]
    case(name, "batch_norm_training_gradient", {"epsilon": 1e-3}, inputs, [dx, dbeta, dgamma])
    fixed = F.batch_norm(x, mean.detach(), variance.detach(), scale, beta, training=False, eps=1e-3)
    inputs = [dy, variance, *given]
    case(name, "channel_scale", {"epsilon": 1e-3}, inputs, [gradients(fixed, dy, x)[0]])

x = leaf(random(2, 3, 4, 2))
y, dy = F.relu(x), random(2, 3, 4, 2)
case("both signs", "relu_gradient", {}, [dy, y], [gradients(y, dy, x)[0]])

x = leaf(random(2, 2, 7, 6))
y = F.max_pool2d(x, 3, 2)
dy = random(*y.shape)
case("3x3 stride 2", "max_pool_gradient", window(3, 2, 0), [dy, x], [gradients(y, dy, x)[0]])
for name, (k, s, p), shape in [("3x3 same", (3, 1, 1), (2, 2, 5, 4)), ("5x5 stride 3", (5, 3, 0), (1, 2, 9, 8))]:
    x = leaf(random(*shape))
    y = average(x, k, s, p)
    dy = random(*y.shape)
    attributes = {**window(k, s, p), "size": list(shape[2:])}
    case(name, "avg_pool_gradient", attributes, [dy], [gradients(y, dy, x)[0]])
x, dy = leaf(random(2, 3, 4, 2)), random(2, 3)
y = x.mean((2, 3))
case("uneven grid", "global_avg_pool_gradient", {"size": [4, 2]}, [dy], [gradients(y, dy, x)[0]])
y = x.amax((2, 3))
case("uneven grid", "global_max_pool_gradient", {}, [dy, x, y], [gradients(y, dy, x)[0]])

case("from the middle", "slice_channels", {"from": 1, "to": 3}, [x], [x[:, 1:3]])
case("to a grid", "unflatten", {"shape": [3, 2, 2]}, [random(2, 12)], [torch.empty(0)])
cases[-1]["outputs"] = [{"shape": [2, 3, 2, 2], "data": cases[-1]["inputs"][0]["data"]}]
case("equal shapes", "multiply", {}, [x, dy_ := random(2, 3, 4, 2)], [x * dy_])
case("of a grid", "channel_sum", {}, [x], [x.sum((0, 2, 3))])
rows = random(4, 5)
case("of rows", "channel_sum", {}, [rows], [rows.sum(0)])

a, w, b, dy = leaf(random(3, 5)), leaf(random(4, 5)), random(4), random(3, 4)
da, dw = gradients(F.linear(a, w, b), dy, a, w)
case("three rows", "linear_input_gradient", {}, [dy, w], [da])
case("three rows", "linear_weight_gradient", {}, [dy, a], [dw])

logits, classes = leaf(random(3, 5) * 4), torch.tensor([1, 4, 0])
smooth = F.one_hot(classes, 5).to(torch.float64) * 0.9 + 0.02
weighted = (smooth * torch.tensor([[1.0], [0.25], [2.5]])).to(torch.float32).to(torch.float64)
for name, targets in [("one class a row", F.one_hot(classes, 5).to(torch.float64)), ("soft and weighted", weighted)]:
    loss = -(targets * F.log_softmax(logits, 1)).sum(1)
    case(name, "softmax_cross_entropy", {}, [logits, targets], [loss])
    (dlogits,) = torch.autograd.grad(0.4 * loss.mean(), [logits])
    case(name, "softmax_cross_entropy_gradient", {"weight": 0.4}, [logits, targets], [dlogits])
big = torch.tensor([[1000.0, 0.0], [-1000.0, 3.0]], dtype=torch.float64)
target = torch.tensor([[0.0, 1.0], [0.0, 1.0]], dtype=torch.float64)
case("logits that would overflow", "softmax_cross_entropy", {}, [big, target], [-(target * F.log_softmax(big, 1)).sum(1)])

x = random(4, 3, 3, 2)
old_mean, old_variance = random(3), random(3).abs().to(torch.float32).to(torch.float64)
new_mean, new_variance = old_mean.clone(), old_variance.clone()
F.batch_norm(x, new_mean, new_variance, training=True, momentum=0.1)
batch = [x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)]
cells = 4 * 3 * 2
case("mean", "moving_average", {"decay": 0.9, "gain": 1}, [old_mean, batch[0]], [new_mean])
gain = {"decay": 0.9, "gain": cells / (cells - 1)}
case("variance, unbiased", "moving_average", gain, [old_variance, batch[1]], [new_variance])
decay = torch.tensor(0.75, dtype=torch.float64)
case("a quarter new", "average_update", {}, [a, b_ := random(3, 5), decay], [torch.lerp(a, b_, 0.25)])
case("keeps", "accumulate", {}, [a, b_, torch.tensor(1.0)], [a + b_])
case("starts anew", "accumulate", {}, [a, b_, torch.tensor(0.0)], [b_])
for name, limit in [("above the limit", 0.5), ("below the limit", 50.0)]:
    parameters = [torch.nn.Parameter(torch.zeros(t.shape, dtype=t.dtype)) for t in (x, b_)]
    for parameter, gradient in zip(parameters, (x, b_)):
        parameter.grad = gradient.clone()
    norm = torch.nn.utils.clip_grad_norm_(parameters, limit)
    factor = parameters[0].grad.flatten()[0] / x.flatten()[0]
    case(name, "clip_factor", {"limit": limit}, [x, b_], [factor, norm])

path = pathlib.Path(__file__).parents[2] / "test/golden/ops-pytorch.json"
path.write_text(json.dumps({"torch": torch.__version__, "cases": cases}, separators=(",", ":")) + "\n")
print(f"{len(cases)} cases in {path.name}")
