"""Writes all of slim's variables for this network, with random values, as TensorFlow's savers do.

python make_slim_checkpoints.py FOLDER [DIVISOR]

FOLDER gets v1.ckpt (one file), v2.ckpt (a bundle) and values.f32: the values one after the other in
the order of test/golden/slim-names.tsv. Both checkpoints have a global_step of 123456 too. DIVISOR
makes every size above 8 that much smaller, for a quick look.
"""

import os
import pathlib
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf

tf1 = tf.compat.v1
folder = pathlib.Path(sys.argv[1])
divisor = int(sys.argv[2]) if len(sys.argv) > 2 else 1
listing = pathlib.Path(__file__).parents[2] / "test/golden/slim-names.tsv"
listed = [line.split("\t") for line in listing.read_text().splitlines()]


def smaller(size):
    return size if size <= 8 else -(-size // divisor)


with tf.Graph().as_default():
    variables = {}
    for at, (name, shape) in enumerate(listed):
        variables[name] = tf1.get_variable(
            name,
            [smaller(int(size)) for size in shape.split("x")],
            initializer=tf1.random_normal_initializer(stddev=0.1, seed=at),
        )
    tf1.train.get_or_create_global_step()
    with tf1.Session() as session:
        session.run(tf1.global_variables_initializer())
        session.run(tf1.train.get_global_step().assign(123456))
        for version, name in ((tf1.train.SaverDef.V1, "v1"), (tf1.train.SaverDef.V2, "v2")):
            saver = tf1.train.Saver(write_version=version)
            saver.save(session, str(folder / f"{name}.ckpt"), write_meta_graph=False)
        with open(folder / "values.f32", "wb") as file:
            for value in session.run(list(variables.values())):
                file.write(np.asarray(value, "<f4").tobytes())
