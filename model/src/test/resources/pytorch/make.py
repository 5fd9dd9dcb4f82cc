"""Writes state_dict.safetensors beside this file: a small transformer's state dict as PyTorch names and lays it out.

Beside the float32 parameters stand the input and, from the same modules in double, the hidden state and the logits.
Run it with any Python that has torch: python3 make.py
"""

import json
import math
import os
import struct

import torch
from torch import nn

EMBED, HIDDEN, HEADS, LAYERS, CLASSES = 6, 8, 2, 2, 3
BATCH, STEPS = 2, 5


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = nn.Linear(HIDDEN, HIDDEN)
        self.k = nn.Linear(HIDDEN, HIDDEN)
        self.v = nn.Linear(HIDDEN, HIDDEN)
        self.out = nn.Linear(HIDDEN, HIDDEN)

    def forward(self, x):
        batch, steps, _ = x.shape
        q, k, v = (
            project(x).view(batch, steps, HEADS, HIDDEN // HEADS).transpose(1, 2)
            for project in (self.q, self.k, self.v)
        )
        scores = torch.tril(q @ k.transpose(-1, -2) / math.sqrt(HIDDEN // HEADS))
        weights = scores / (1 + scores.abs().sum(-1, keepdim=True))
        return self.out((weights @ v).transpose(1, 2).reshape(batch, steps, HIDDEN))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1 = nn.LayerNorm(HIDDEN)
        self.attn = Attention()
        self.norm2 = nn.LayerNorm(HIDDEN)
        self.mlp = nn.Sequential(nn.Linear(HIDDEN, 4 * HIDDEN), nn.GELU(), nn.Linear(4 * HIDDEN, HIDDEN))

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.proj = nn.Linear(EMBED, HIDDEN)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm = nn.LayerNorm(HIDDEN)
        self.head = nn.Linear(HIDDEN, CLASSES)

    def hidden(self, x):
        x = self.proj(x)
        for block in self.blocks:
            x = block(x)
        return self.norm(x)[:, -1]

    def forward(self, x):
        return self.head(self.hidden(x))


def save(path, tensors, metadata):
    header, data = {"__metadata__": metadata}, b""
    for name, tensor in tensors.items():
        raw = tensor.detach().contiguous().numpy().tobytes()
        header[name] = {
            "dtype": {torch.float32: "F32", torch.float64: "F64"}[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [len(data), len(data) + len(raw)],
        }
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


torch.manual_seed(20250504)
model = Transformer()
with torch.no_grad():
    for name, parameter in model.named_parameters():
        if parameter.dim() == 1:  # norms and biases that PyTorch starts at 1 and 0 would hide a swap
            parameter.add_(0.3 * torch.randn_like(parameter))
x = torch.randn(BATCH, STEPS, EMBED)
tensors = {name: value.clone() for name, value in model.state_dict().items()}
tensors["input"] = x
exact = model.double().eval()
with torch.no_grad():
    tensors["expected_hidden"] = exact.hidden(x.double())
    tensors["expected_logits"] = exact(x.double())
save(
    os.path.join(os.path.dirname(os.path.abspath(__file__)), "state_dict.safetensors"),
    tensors,
    {"format": "pt", "torch": torch.__version__},
)
