"""Writes test/golden/events.json: an event file as TensorBoard's own writer makes it.

The file is read back with TensorBoard's EventAccumulator first. With a folder as argument it writes
nothing, and prints the scalars that TensorBoard reads from the event files in there. Run from the
repository: python scripts/python/make-event-goldens.py [FOLDER]
"""

import json
import pathlib
import sys
import tempfile

import tensorboard
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.summary.writer.record_writer import RecordWriter


def read(folder):
    accumulator = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    accumulator.Reload()
    return {
        tag: [[one.step, one.value, one.wall_time] for one in accumulator.Scalars(tag)]
        for tag in accumulator.Tags()["scalars"]
    }


if len(sys.argv) > 1:
    print(json.dumps(read(sys.argv[1]), indent=1))
    sys.exit()

wall_time = 1472169600.25
steps = [
    {"step": 1, "wallTime": wall_time + 1, "values": {"train/loss": 6.9077, "train/top1": 0.001}},
    {"step": 300, "wallTime": wall_time + 2.5, "values": {"train/loss": 0.0, "größe": -1e30}},
    {"step": 2**40, "wallTime": wall_time + 3, "values": {"learningRate": 0.0423}},
]
events = [event_pb2.Event(wall_time=wall_time, file_version="brain.Event:2")]
start = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
events.append(event_pb2.Event(wall_time=wall_time, step=1, session_log=start))
for one in steps:
    values = [summary_pb2.Summary.Value(tag=t, simple_value=v) for t, v in one["values"].items()]
    summary = summary_pb2.Summary(value=values)
    events.append(event_pb2.Event(wall_time=one["wallTime"], step=one["step"], summary=summary))

with tempfile.TemporaryDirectory() as folder:
    file = pathlib.Path(folder) / "events.out.tfevents.1472169600"
    with open(file, "wb") as stream:
        writer = RecordWriter(stream)
        for event in events:
            writer.write(event.SerializeToString())
        writer.flush()
    found = {(tag, step): value for tag, rows in read(folder).items() for step, value, _ in rows}
    for one in steps:
        for tag, value in one["values"].items():
            assert abs(found.pop((tag, one["step"])) - value) <= 1e-6 * abs(value), tag
    assert not found, found
    golden = {
        "tensorboard": tensorboard.__version__,
        "wallTime": wall_time,
        "purgeStep": 1,
        "steps": steps,
        "hex": file.read_bytes().hex(),
    }
path = pathlib.Path(__file__).parents[2] / "test/golden/events.json"
path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
print(f"{len(events)} events in {path.name}")
