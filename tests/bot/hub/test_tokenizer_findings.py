"""What a config is told of the tokenizer that was looked up; the faults as Axolotl's own loader has them."""

import pytest

from tests.bot.hub.stand_in import TEMPLATE, model
from tests.bot.hub.test_findings import CONFIG, LORA, rules

CUTTING = {
    "tokenizer_class": "Qwen2Tokenizer",
    "eos_token": "<|endoftext|>",
    "added_tokens_decoder": {"0": {"content": "<|endoftext|>"}, "1": {"content": "<|spare|>"}},
    "chat_template": TEMPLATE,
}
WHOLE = {**CUTTING, "added_tokens_decoder": {"0": {"content": "<|endoftext|>"}, "2": {"content": "<|im_end|>"}}}
UNLISTED = {key: value for key, value in CUTTING.items() if key != "added_tokens_decoder"}
WORDS = {**CUTTING, "tokenizer_class": "LlamaTokenizer"}
BARE = {key: value for key, value in CUTTING.items() if key != "chat_template"}
CHATS = CONFIG.replace("type: alpaca", "type: chat_template")
IM_END = "special_tokens:\n  eos_token: <|im_end|>\n"
LEFT = {**CUTTING, "padding_side": "left"}
FLASH = "attn_implementation: flash_attention_2\n"
PACKED = f"sample_packing: true\n{FLASH}"
MISTRAL = "is_mistral_derived_model: true\n"
FILES = {"tokenizer.json": b"{}"}


@pytest.mark.parametrize(
    ("tokenizer", "text", "rule", "severity"),
    [
        # An adapter and a special token that the tokenizer writes in pieces
        (CUTTING, f"{CONFIG}{LORA}{IM_END}", "special-token-in-pieces", "CRASH"),
        (CUTTING, f"{CONFIG}{IM_END}", "special-token-is-new", "ADVICE"),
        (CUTTING, f"{CONFIG}{LORA}{IM_END}lora_modules_to_save: [embed_tokens, lm_head]\n", None, None),
        (CUTTING, f"{CONFIG}{LORA}special_tokens:\n  pad_token: <|im_end|>\n", "special-token-is-new", "ADVICE"),
        (CUTTING, f"{CONFIG}{LORA}special_tokens:\n  pad_token: <|im_end|>\n  unk_token: <|im_end|>\n", None, None),
        (CUTTING, f"{CONFIG}{LORA}special_tokens:\n  eos_token: <s>\n", None, None),
        (CUTTING, f"{CONFIG}{LORA}{IM_END}added_tokens_overrides:\n  1: <|im_end|>\n", None, None),
        (CUTTING, f"{CONFIG}{LORA}{IM_END}tokenizer_type: LlamaTokenizer\n", None, None),
        (WHOLE, f"{CONFIG}{LORA}{IM_END}", None, None),
        (WORDS, f"{CONFIG}{LORA}{IM_END}", None, None),
        (UNLISTED, f"{CONFIG}{LORA}{IM_END}", None, None),
        # Ends of turns
        (CUTTING, CHATS, "end-of-turn-not-the-end-token", "WARNING"),
        (UNLISTED, CHATS, "end-of-turn-not-the-end-token", "WARNING"),
        (WHOLE, f"{CHATS}eot_tokens: ['<|im_end|>']\n", None, None),
        (WHOLE, CHATS + IM_END, None, None),
        (CUTTING, f"{CHATS}eot_tokens: ['<|im_end|>']\n", "end-of-turn-in-pieces", "CRASH"),
        (CUTTING, f"{CHATS}eot_tokens: ['<|im_end|>']\ntokens: ['<|im_end|>']\n", None, None),
        (UNLISTED, f"{CHATS}eot_tokens: ['<|im_end|>']\n", None, None),
        (CUTTING, f"{CHATS}eot_tokens: ['<|eot_id|>']\n", "end-of-turn-not-in-the-template", "WARNING"),
        (CUTTING, f"{CHATS}rl: kto\neot_tokens: ['<|eot_id|>']\n", None, None),
        # The tokenizer's own template
        (BARE, f"{CONFIG}chat_template: tokenizer_default\n", "tokenizer-without-a-template", "CRASH"),
        (BARE, f"{CONFIG}chat_template: tokenizer_default_fallback_chatml\n", None, None),
        (CUTTING, f"{CONFIG}chat_template: tokenizer_default\n", None, None),
        # Numbers of tokens, and names that are saved
        (CUTTING, f"{CONFIG}added_tokens_overrides:\n  9: <|im_end|>\n", "override-of-no-added-token", "CRASH"),
        (CUTTING, f"{CONFIG}added_tokens_overrides:\n  1: <|im_end|>\n", None, None),
        (UNLISTED, f"{CONFIG}added_tokens_overrides:\n  9: <|im_end|>\n", None, None),
        (
            CUTTING,
            f"{CONFIG}{LORA}tokens: [<x>]\nlora_modules_to_save: [lm_head]\n",
            "new-tokens-saved-by-other-names",
            "CRASH",
        ),
        (CUTTING, f"{CONFIG}{LORA}tokens: [<x>]\nlora_modules_to_save: [embed_tokens, lm_head]\n", None, None),
        # The side of the padding
        (LEFT, f"{CONFIG}balance_labels: true\n", "balanced-labels-padded-left", "CRASH"),
        (LEFT, f"{CONFIG}balance_labels: true\n{PACKED}", "balanced-labels-padded-left", "CRASH"),
        (LEFT, f"{CONFIG}balance_labels: true\nbatch_flattening: auto\n{FLASH}", None, None),
        (LEFT, CONFIG, None, None),
        (CUTTING, f"{CONFIG}balance_labels: true\n", None, None),
        (CUTTING, f"{CONFIG}balance_labels: true\n{FLASH}", None, None),
        (CUTTING, f"{CONFIG}balance_labels: true\n{FLASH}{MISTRAL}", "balanced-labels-padded-left", "CRASH"),
        (CUTTING, f"{CONFIG}balance_labels: true\n{MISTRAL}", None, None),
        (CUTTING, f"{CONFIG}balance_labels: true\n{PACKED}{MISTRAL}", None, None),
        (None, CONFIG, "model-without-a-tokenizer", "WARNING"),
        (None, f"{CONFIG}tokenizer_config: org/elsewhere\n", None, None),
    ],
)
async def test_what_the_tokenizer_tells(ask, tokenizer, text, rule, severity):
    files = FILES if tokenizer is not None else None
    found = await rules(ask, text, [model(tokenizer=tokenizer, files=files)], [])
    ours = {
        *("special-token-in-pieces", "special-token-is-new", "end-of-turn-not-the-end-token", "end-of-turn-in-pieces"),
        *("end-of-turn-not-in-the-template", "tokenizer-without-a-template", "override-of-no-added-token"),
        "balanced-labels-padded-left",
        *("new-tokens-saved-by-other-names", "model-without-a-tokenizer", "end-tokens-in-conflict"),
    }
    assert rule is None or found[rule] == severity
    stops = {name for name, level in found.items() if name in ours and level == "CRASH"}
    assert stops == ({rule} if severity == "CRASH" else set())
