"""Trained network -> the ONNX file that ships."""

import json
from dataclasses import asdict
from pathlib import Path

import onnx
import torch

from avatar.latents import LatentSpace
from avatar.learned import Shape, fingerprint
from avatar.training.train import POSE_UNITS
from avatar.transformer import MotionTransformer

KEPT = 8
"""Frames of a window that are shown; the other four are what it looks ahead."""


def export(network: MotionTransformer, space: LatentSpace, path: Path, vigour: float = 0.0) -> None:
    """Write a network with all that `avatar.learned` must know of it; any batch size."""
    size = network.size
    example = {
        "noisy": torch.zeros(2, size.window, size.motion),
        "level": torch.zeros(2),
        "speech": torch.zeros(2, size.feature_rows, size.features),
        "conditions": torch.zeros(2, size.frames, size.conditions),
        "previous": torch.zeros(2, size.previous, size.motion),
        "known": torch.zeros(2),
    }
    torch.onnx.export(
        network.eval(),
        tuple(example.values()),
        str(path),
        input_names=list(example),
        output_names=["clean"],
        dynamic_axes={name: {0: "batch"} for name in [*example, "clean"]},
        dynamo=False,
        opset_version=17,
    )
    shape = Shape(
        size.previous, size.window, KEPT, tuple(float(unit) for unit in POSE_UNITS), vigour, fingerprint(space)
    )
    model = onnx.load(str(path))
    onnx.helper.set_model_props(model, {"shape": json.dumps(asdict(shape))})
    onnx.save(model, str(path))
