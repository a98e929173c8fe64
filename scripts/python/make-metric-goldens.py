"""Writes test/golden/metrics.json: figures of random predictions, computed by scikit-learn.

The calibration error is computed here with NumPy, in bins (from, to] of equal width, after Guo et
al. 2017. Logits are multiples of 1/64, so that float32 and JSON hold them exactly. Run from the
repository: python scripts/python/make-metric-goldens.py
"""

import json
import pathlib

import numpy as np
import sklearn
from sklearn import metrics

random = np.random.default_rng(20160223)


def expected_calibration_error(confidences, correct, bins=15):
    bin_of = np.digitize(confidences, np.linspace(0, 1, bins + 1)[1:-1], right=True)
    gaps = [
        np.mean(bin_of == b) * abs(np.mean(correct[bin_of == b]) - np.mean(confidences[bin_of == b]))
        for b in range(bins)
        if np.any(bin_of == b)
    ]
    return float(np.sum(gaps))


def case(name, images, classes, sharpness, labels_from, never_predicted=()):
    labels = random.choice(labels_from, images)
    logits = random.standard_normal((images, classes)) * 2
    logits[np.arange(images), labels] += sharpness
    logits[:, list(never_predicted)] -= 30
    logits = np.round(logits * 64) / 64
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = shifted / shifted.sum(axis=1, keepdims=True)
    predicted = logits.argmax(axis=1)
    every = list(range(classes))
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        labels, predicted, labels=every, zero_division=0
    )
    return {
        "name": name,
        "classes": classes,
        "logits": logits.ravel().tolist(),
        "labels": labels.tolist(),
        "top1": metrics.accuracy_score(labels, predicted),
        "top5": 1.0
        if classes <= 5
        else metrics.top_k_accuracy_score(labels, logits, k=5, labels=every),
        "loss": metrics.log_loss(labels, probabilities, labels=every),
        "calibrationError": expected_calibration_error(
            probabilities.max(axis=1), predicted == labels
        ),
        "precision": precision.tolist(),
        "recall": recall.tolist(),
        "f1": f1.tolist(),
        "macroF1": metrics.f1_score(labels, predicted, average="macro", zero_division=0),
        "confusion": metrics.confusion_matrix(labels, predicted, labels=every).tolist(),
    }


golden = {
    "scikit-learn": sklearn.__version__,
    "cases": [
        case("two classes", 40, 2, 1.0, [0, 1]),
        case("four classes, one without images", 50, 4, 2.0, [0, 1, 3]),
        case("nine classes, one never predicted", 120, 9, 2.0, list(range(9)), [4]),
        case("eight classes, one neither", 80, 8, 3.0, [0, 1, 2, 4, 5, 6, 7], [3]),
    ],
}
path = pathlib.Path(__file__).parents[2] / "test/golden/metrics.json"
path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
print(f"{len(golden['cases'])} cases in {path.name}")
