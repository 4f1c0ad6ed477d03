"""The diffusion transformer of VASA-1 section 3.2: speech, conditions and the last frames in, clean motion out."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Size:
    """The shape of the network; frames are at 25 Hz, speech features at 100 Hz."""

    motion: int
    """Numbers in a frame of motion: head pose and dynamics."""
    features: int
    """Numbers in a row of speech features."""
    conditions: int
    """Numbers in a frame of conditions: gaze, distance, emotion, vigour."""
    previous: int
    """Frames of the window before that are given (K in the paper)."""
    window: int
    """Frames that are generated at once (W in the paper)."""
    width: int
    layers: int
    heads: int

    @property
    def frames(self) -> int:
        """Tokens: previous frames, then the window's."""
        return self.previous + self.window

    @property
    def feature_rows(self) -> int:
        """Rows of speech features that a window needs: four a frame, and four beyond either end."""
        return 4 * self.frames + 8


class Block(nn.Module):  # type: ignore[misc]  # torch is untyped here
    """Attention and a two-layer network, each on normalised input and added to it."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.heads = size.heads
        self.attention_norm = nn.LayerNorm(size.width)
        self.query_key_value = nn.Linear(size.width, 3 * size.width)
        self.attended = nn.Linear(size.width, size.width)
        self.feed_norm = nn.LayerNorm(size.width)
        self.feed = nn.Sequential(
            nn.Linear(size.width, 3 * size.width), nn.GELU(), nn.Linear(3 * size.width, size.width)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Mix tokens [B, T, width]."""
        qkv = self.query_key_value(self.attention_norm(x)).unflatten(-1, (3, self.heads, -1))
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # [B, heads, T, width / heads] each
        x = x + self.attended(functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))
        return x + self.feed(self.feed_norm(x))


class MotionTransformer(nn.Module):  # type: ignore[misc]
    """Predicts the clean motion of a window from its noisy motion."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.size = size
        self.listen = nn.Conv1d(size.features, size.width, kernel_size=12, stride=4)
        self.move = nn.Linear(size.motion, size.width)
        self.obey = nn.Linear(size.conditions, size.width)
        self.place = nn.Parameter(torch.randn(1, size.frames, size.width) * 0.02)
        self.no_previous = nn.Parameter(torch.zeros(1, 1, size.width))
        self.noise_level = nn.Sequential(nn.Linear(64, size.width), nn.SiLU(), nn.Linear(size.width, size.width))
        self.blocks = nn.ModuleList(Block(size) for _ in range(size.layers))
        self.norm = nn.LayerNorm(size.width)
        self.clean = nn.Linear(size.width, size.motion)

    def forward(
        self, noisy: Tensor, level: Tensor, speech: Tensor, conditions: Tensor, previous: Tensor, known: Tensor
    ) -> Tensor:
        """Denoise.

        `noisy` [B, W, motion]; `level` [B], 0 clean to 1 noise; `speech` [B, 4 (K + W) + 8, features], four rows
        before the first previous frame and four after the last; `conditions` [B, K + W, conditions]; `previous`
        [B, K, motion]; `known` [B], 1 where there is a previous window and 0 where not. Gives [B, W, motion].
        """
        x = torch.cat(
            [self.move(previous) * known[:, None, None] + self.no_previous * (1 - known)[:, None, None],
             self.move(noisy)], 1
        )  # [B, K + W, width]  # fmt: skip
        x = x + self.listen(speech.transpose(1, 2)).transpose(1, 2) + self.obey(conditions) + self.place
        x = x + self.noise_level(waves(level))[:, None]
        for block in self.blocks:
            x = block(x)
        clean: Tensor = self.clean(self.norm(x[:, self.size.previous :]))  # [B, W, motion]
        return clean


def waves(level: Tensor) -> Tensor:
    """Embed noise levels [B] as sines and cosines [B, 64]."""
    frequencies = torch.exp(torch.arange(32) * (-math.log(1000.0) / 31)) * 1000.0
    angles = level[:, None] * frequencies[None]
    return torch.cat([angles.sin(), angles.cos()], -1)
