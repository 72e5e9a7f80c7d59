"""Lines that the examples of many rules share."""

from __future__ import annotations

LORA = "adapter: lora\nlora_r: 16\nlora_alpha: 32\n"
QLORA = "adapter: qlora\nload_in_4bit: true\nlora_r: 16\nlora_alpha: 32\n"
LINEAR = "lora_target_linear: true\n"
FSDP = "fsdp_config:\n  reshard_after_forward: true\n"
GRPO = "rl: grpo\ndatasets:\n  - path: org/prompts\n    type: rewards.transform\n"
